#!/bin/sh
# A GPT with a hybrid MBR, for firmware that reads only an MBR (Raspberry Pi before 4, some BIOSes). parted gives a partition a name.
# Versions: parted 3.5, gdisk 1.0.9, util-linux 2.38, cloud-guest-utils 0.33 (Debian 12); parted 3.8 does the same.
# Guess:    the MBR stays as it is, as by sfdisk ("The device contains hybrid MBR -- writing GPT only") and sgdisk; or parted warns.
# Seen:     the MBR has one entry, of type ee over the whole disk: the partitions for the firmware are gone. No message, exit code 0. So
#           does growpart, which writes the table anew with sfdisk.
# Matters:  the machine does not boot again after a name, a flag or a size was changed.
# Anneal:   reads both tables, and writes neither.
# Short:    parted 3.5 (and 3.8), cloud-guest-utils 0.33, gdisk 1.0.9 | `parted name` and `growpart` leave a hybrid MBR alone, as sfdisk and sgdisk do, or warn | it is a protective one: the firmware's partitions are gone; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sgdisk 1.0.9 sgdisk --version
need sfdisk 2.38 sfdisk --version
debian_files p/parted/parted_3.5-3_amd64.deb p/parted/libparted2_3.5-3_amd64.deb c/cloud-utils/cloud-guest-utils_0.33-1_all.deb
guess 'ee 83 83, each time'

cd "$dir"
truncate -s 64M disk
sgdisk -n 1:2048:+16M -n 2:0:+16M -h 1:2 disk >/dev/null
types() { od -An -v -t x1 -w16 -j 446 -N 64 "$1" | cut -c 14-15 | grep -v 00 | paste -sd ' ' -; }
seen 'types in the MBR' 'ee 83 83' "$(types disk)"
for tool in sgdisk sfdisk parted growpart; do
  cp disk "disk.$tool"
  case $tool in
  sgdisk) sgdisk -c 1:new disk.sgdisk >log 2>&1 ;;
  sfdisk) sfdisk --part-label disk.sfdisk 1 new >log 2>&1 ;;
  parted) LD_LIBRARY_PATH=$(echo root/lib/*) root/sbin/parted -s disk.parted name 1 new >log 2>&1 ;;
  growpart) GROWPART_RESIZER=sfdisk growpart disk.growpart 2 >log 2>&1 ;;
  esac && status=0 || status=$?
  seen "exit code, $tool" 0 "$status"
  case $tool in
  s*) seen "types, $tool" 'ee 83 83' "$(types "disk.$tool")" ;;
  *)
    seen "types, $tool" ee "$(types "disk.$tool")"
    seen "words about the MBR, $tool" 0 "$(grep -ciE 'hybrid|mbr|warn' log || true)"
    ;;
  esac
done
