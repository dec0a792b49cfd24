#!/bin/sh
# unxz of BusyBox, which initial ramdisks and installers use, with a damaged file.
# Versions: BusyBox 1.35.0 (Debian 12); 1.38.0 does the same. xz 5.4.
# Guess:    it compares the checksum that each .xz file has, and fails, as xz does, and as gunzip of BusyBox does.
# Seen:     other bytes, no message, exit code 0: it compares CRC32 alone, and xz writes CRC64 where nobody asks. With `xz --check=crc32` it
#           says "corrupted data" and fails.
# Matters:  an image that was damaged on its way is unpacked onto a disk, and the script goes on.
# Anneal:   compares the checksum of each image, and that of each xz block.
# Short:    BusyBox 1.35.0 (and 1.38.0), xz 5.4 | `busybox unxz` finds that a file is damaged, as gunzip does | other bytes, no message, exit code 0, unless `xz --check=crc32` wrote it
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need xz 'xz (XZ Utils) 5.4' xz --version
debian_files b/busybox/busybox-static_1.35.0-4+deb12u1+b1_amd64.deb
LD_LIBRARY_PATH=
guess 'a message and a code other than 0, each time'

cd "$dir"
# Random bytes are stored as they are, so a byte of them is a byte of the file.
head -c 100000 /dev/urandom >data
unpacked() { # unpacked COMPRESSED PROGRAM: what becomes of it with one byte changed
  at=50000
  byte=$(od -An -tu1 -j "$at" -N 1 "$1" | tr -d ' ')
  printf "\\$(printf %o $(((byte + 1) % 256)))" | dd of="$1" bs=1 seek="$at" conv=notrunc status=none
  $2 -c <"$1" >out 2>said && status=0 || status=$?
  if cmp -s out data; then same=same; else same=different; fi
  echo "$([ "$status" = 0 ] && echo 0 || echo error), $same, $(cat said)"
}
xz -k data
cp data.xz whole.xz
root/bin/busybox unxz -c <whole.xz >out || skip 'BusyBox does not run here'
seen 'undamaged' same "$(cmp -s out data && echo same)"
seen 'xz: exit code, data, message' '0, different, ' "$(unpacked data.xz 'root/bin/busybox unxz')"
xz -f -k --check=crc32 data
seen 'xz --check=crc32' 'error, different, unxz: corrupted data' "$(unpacked data.xz 'root/bin/busybox unxz')"
gzip -k data
seen 'gzip' 'error, different, gunzip: crc error' "$(unpacked data.gz 'root/bin/busybox gunzip')"
xz -dc <data.xz >out 2>said && status=0 || status=$?
seen 'by xz itself, exit code' 1 "$status"
