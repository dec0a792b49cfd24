#!/bin/sh
# Shrinking a file system inside the image of a whole disk, by its offset.
# Versions: e2fsprogs 1.47.0 (Debian 12); 1.47.4 does the same.
# Guess:    `resize2fs 'disk?offset=1048576' 16M` shrinks the file system, and the rest of the disk stays as it is, as with
#           tune2fs, e2fsck and debugfs and such a name.
# Seen:     the file is cut to 16 MiB, from its start: the last MiB of the file system is not there, the second partition and the
#           copy of the GPT are gone. Exit code 0, and e2fsck of the same version calls the file system clean.
# Matters:  this is how a root file system is made small without root and loop devices. It ends with a destroyed image.
# Anneal:   never writes to an image; it shrinks nothing.
# Short:    e2fsprogs 1.47.0 (and 1.47.4) | `resize2fs 'disk?offset=…' 16M` leaves the rest of the disk alone | the file is cut to 16 MiB: the next partition is gone; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need resize2fs 1.47.0 mke2fs -V
need sfdisk 'sfdisk from' sfdisk --version
guess '67108864 bytes, two partitions'

cd "$dir"
truncate -s 64M disk
printf '%s\n' 'label: gpt' '2048,32M' ',,' | sfdisk -q disk
mke2fs -q -F -t ext4 -E offset=1048576 disk 32M
printf 'the second partition' | dd of=disk bs=1M seek=40 conv=notrunc status=none
second() { dd if=disk bs=1M skip=40 count=1 status=none | head -c 20; }
e2fsck -fp 'disk?offset=1048576' >log 2>&1
seen 'bytes of the disk' 67108864 "$(stat -c %s disk)"
seen 'second partition' 'the second partition' "$(second)"
resize2fs 'disk?offset=1048576' 16M >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'MiB of the file system' 16 "$(dumpe2fs -h 'disk?offset=1048576' 2>/dev/null |
  awk -F: '/^Block count/ {count = $2} /^Block size/ {size = $2} END {print count * size / 1048576}')"
seen 'MiB of the disk' 16 "$(($(stat -c %s disk) >> 20))"
seen 'second partition' '' "$(second)"
seen 'e2fsck, exit code' 0 "$(e2fsck -fn 'disk?offset=1048576' >log 2>&1 && echo 0 || echo $?)"
