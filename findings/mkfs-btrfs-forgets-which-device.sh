#!/bin/sh
# mkfs.btrfs --rootdir: a file system that is made of a directory.
# Versions: btrfs-progs 6.2 (Debian 12); 6.14 does the same.
# Guess:    /dev/null of the directory is /dev/null of the file system: character device 1, 3. `mke2fs -d`, mksquashfs and
#           mkfs.erofs write it so.
# Seen:     it is a device 0, 0, and so is each other one. The type, mode and owner are right. Exit code 0, `btrfs check` finds nothing.
# Matters:  the kernel opens /dev/console of the root before anything is mounted on /dev; containers and rescue systems that have
#           their devices in the image alone find none that works.
# Anneal:   makes no btrfs; it reads devices with their numbers.
# Short:    btrfs-progs 6.2 (and 6.14) | `mkfs.btrfs --rootdir` keeps /dev/null as device 1, 3 | each device is 0, 0; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need mkfs.btrfs 'v6.2' mkfs.btrfs --version
need btrfs 'v6.2' btrfs --version
need mke2fs 'mke2fs 1.47' mke2fs -V
guess '1, 3 and 5, 1'

cd "$dir"
mkdir -p tree/dev
{ mknod -m 666 tree/dev/null c 1 3 && mknod -m 600 tree/dev/console c 5 1; } 2>log || skip "a device needs root: $(cat log)"
truncate -s 128M disk.btrfs
mkfs.btrfs -q --rootdir tree disk.btrfs >log 2>&1 && status=0 || status=$?
seen 'exit code of mkfs.btrfs' 0 "$status"
btrfs check disk.btrfs >log 2>&1 && status=0 || status=$?
seen 'exit code of btrfs check' 0 "$status"
seen 'modes and numbers of the devices on btrfs' 'mode 20600 rdev 0,mode 20666 rdev 0' "$(btrfs inspect-internal dump-tree -t fs disk.btrfs |
  sed -n 's/.*\(mode 20[0-7]*\) .* \(rdev [0-9]*\).*/\1 \2/p' | sort | paste -sd , -)"
mke2fs -q -t ext4 -d tree disk.ext4 16M >log 2>&1
seen '/dev/null on ext4' 'Device major/minor number: 01:03 (hex 01:03)' "$(debugfs -R 'stat /dev/null' disk.ext4 2>/dev/null | grep -o 'Device major.*')"
