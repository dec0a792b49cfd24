#!/bin/sh
# ln of debugfs: a second name for a file of an ext4 image.
# Versions: e2fsprogs 1.47.0 (Debian 12).
# Guess:    the directory gets another block when its first one is full, as with `write`, `mkdir` and `mknod`; the count of names in the
#           inode goes up.
# Seen:     the names that fit into the first block are made, the others are refused, and the exit code is 0. The inode says 1 name
#           whatever there is: e2fsck finds it wrong.
# Matters:  scripts that fill an image with debugfs, as builds of embedded systems do, lose files of busybox and git, which have
#           a hundred names.
# Anneal:   makes a node of that name first, which makes the room, and sets the count.
# Short:    e2fsprogs 1.47.0 | `ln` gives a directory another block when it is full, and counts names | it refuses the names, exit code 0; the inode says 1 name
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need debugfs 1.47.0 debugfs -V
need mke2fs 1.47.0 mke2fs -V
guess '300 files by write, 300 names by ln, and 300 counted'

cd "$dir"
echo content >file
mke2fs -q -t ext4 -b 4096 image 16M >/dev/null 2>&1
{
  echo 'mkdir written'
  echo 'cd /written'
  for number in $(seq 1001 1300); do echo "write file a-rather-long-name-$number"; done
  echo 'cd /'
  echo 'mkdir linked'
  echo 'cd /linked'
  echo 'write file first'
  for number in $(seq 1001 1300); do echo "ln /linked/first a-rather-long-name-$number"; done
} >commands
debugfs -w -f commands image >said 2>errors && status=0 || status=$?
names() { debugfs -R "ls -p /$1" image 2>/dev/null | grep -c a-rather-long-name; }
seen 'exit code' 0 "$status"
seen 'names by write' 300 "$(names written)"
seen 'names by ln, of 300' 126 "$(names linked)"
seen 'complaints' "$((300 - 126))" "$(grep -c 'No free space in the directory' errors)"
seen 'names that the inode counts' 1 "$(debugfs -R 'stat /linked/first' image 2>/dev/null | sed -n 's/^Links: \([0-9]*\).*/\1/p')"
