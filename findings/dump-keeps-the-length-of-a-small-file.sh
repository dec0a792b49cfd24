#!/bin/sh
# dump and restore of an ext4 image that keeps small files in their inodes (inline_data).
# Versions: dump 0.4b47 (Debian 12), e2fsprogs 1.47.0. dump 0.4b56 (sid) is right.
# Guess:    the files come back as they are, or dump refuses a file system with a feature that it does not know.
# Seen:     a small file has its length, and zeros. "DUMP IS DONE", exit code 0, no warning. Without inline_data it is right.
# Matters:  such a backup has lost each file of up to some 60 bytes (with larger inodes more): /etc/hostname, keys, versions, flags; it shows when
#           it is restored.
# Anneal:   reads inline data (src/formats/ext4).
# Short:    dump 0.4b47 (not 0.4b56), e2fsprogs 1.47.0 | `dump` keeps a small file of ext4 with inline_data, or refuses the file system | it comes back with its length and zeros; "DUMP IS DONE", exit code 0
set -eu
dir=$(mktemp -d)
device=
trap '[ -z "$device" ] || losetup -d "$device"; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

PATH=$PATH:/usr/sbin:/sbin
need mke2fs 1.47.0 mke2fs -V
[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files d/dump/dump_0.4b47-4_amd64.deb
LD_LIBRARY_PATH=
guess 'node-1 each time'

cd "$dir"
mkdir tree
printf node-1 >tree/hostname
for features in ^inline_data inline_data; do
  mke2fs -q -F -t ext4 -O "$features" -d tree image 16M >log 2>&1
  rm -rf out
  mkdir out
  device=$(losetup --find --show --read-only image 2>>log) || skip "no loop device can be made here: $(tail -n 1 log)"
  root/sbin/dump -0 -f saved "$device" >said 2>&1 && status=0 || status=$?
  losetup -d "$device"
  device=
  [ "$status" = 0 ] || grep -q DUMP said || skip "dump does not run here: $(tail -n 1 said)"
  seen "$features, exit code" '0, DUMP IS DONE' "$status, $(grep -o 'DUMP IS DONE' said)"
  (cd out && ../root/sbin/restore -rf ../saved) >said 2>&1 && status=0 || status=$?
  seen "$features, exit code of restore" 0 "$status"
  case $features in inline_data) want='000000000000' ;; *) want='6e6f64652d31' ;; esac
  seen "$features, the file's bytes" "$want" "$(od -An -tx1 out/hostname | tr -d ' \n')"
done
