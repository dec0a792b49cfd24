#!/bin/sh
# A definition of systemd-repart with an EFI system partition of 40 MiB, least and most, for an image file.
# Versions: systemd 262.1 (Debian sid). 257 makes 40 MiB.
# Guess:    the partition has 40 MiB: "if SizeMinBytes= is set equal to SizeMaxBytes= … explicitly sized to the specified fixed value"
#           (repart.d(5)), or, as the page says since, 100 MiB where sectors have 512 bytes.
# Seen:     it has 260 MiB, though the table has sectors of 512 bytes; with --sector-size=512 it has 100 MiB. An image of 200 MiB is
#           refused: "Can't fit requested partitions". Without Format= it has its 40 MiB. No message says that a size was raised.
# Matters:  the same definitions make another disk by the newer release, or none.
# Anneal:   writes partitions of the size that is said, and runs no systemd-repart.
# Short:    systemd 262.1 (not 257) | `SizeMinBytes=40M`, `SizeMaxBytes=40M` make an ESP of 40 MiB | it has 260 MiB, in a table of 512-byte sectors, too; an image of 200 MiB is refused
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need sfdisk 2.38 sfdisk --version
command -v mkfs.vfat >/dev/null || skip 'mkfs.vfat is missing'
debian_files s/systemd/systemd-repart_262.1-1_amd64.deb s/systemd/libsystemd-shared_262.1-1_amd64.deb g/glibc/libc6_2.43-7_amd64.deb
LD_LIBRARY_PATH=
guess '40 for each, and an image of 200 MiB'

cd "$dir"
libraries=$(echo root/usr/lib/*-linux-gnu)
# made FORMAT SIZE OPTION...: MiB of the partition, or what was said.
made() {
  rm -rf disk definitions
  mkdir definitions
  printf '%s\n' '[Partition]' Type=esp SizeMinBytes=40M SizeMaxBytes=40M ${1:+"Format=$1"} >definitions/esp.conf
  size=$2
  shift 2
  "$libraries/ld-linux-x86-64.so.2" --library-path "$libraries:$libraries/systemd:/usr/lib/x86_64-linux-gnu" root/usr/bin/systemd-repart \
    --definitions=definitions --empty=create --size="$size" --offline=yes --dry-run=no "$@" disk >log 2>&1 || true
  if [ -f disk ]; then sfdisk --dump disk | sed -n 's/.*size= *\([0-9]*\),.*/\1/p' | while read -r sectors; do echo "$((sectors / 2048))"; done; else grep -o "Can't fit" log; fi
}
plain=$(made '' auto)
[ "$plain" = 40 ] || skip "systemd-repart does not run here: $(tail -n 1 log)"
seen 'MiB, without a file system' 40 "$plain"
seen 'MiB, Format=vfat' 260 "$(made vfat auto)"
seen 'MiB, Format=vfat and --sector-size=512' 100 "$(made vfat auto --sector-size=512)"
seen 'an image of 200 MiB' "Can't fit" "$(made vfat 200M)"
