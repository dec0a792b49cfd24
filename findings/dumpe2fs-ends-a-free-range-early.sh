#!/bin/sh
# Free blocks of ext4 with bigalloc, as dumpe2fs lists them.
# Versions: e2fsprogs 1.47.0 (Debian 12; 1.47.4 of sid lists them whole).
# Guess:    the ranges of "Free blocks:" are all free blocks: as many as the superblock says.
# Seen:     each range ends at the first block of its last cluster: with clusters of 16 blocks it lacks 15 of them. Without bigalloc
#           it is whole. Exit code 0.
# Matters:  tools that leave out free space, or look for a place, by this list: what they count differs from one version to the next.
# Anneal:   reads the bitmaps; its comparison with dumpe2fs takes either form.
# Short:    e2fsprogs 1.47.0 (not 1.47.4) | `dumpe2fs` lists all free blocks of a file system with bigalloc | each range ends at the first block of its last cluster
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need dumpe2fs 1.47.0 dumpe2fs -V
guess 'no block is missing'

cd "$dir"
for feature in bigalloc ^bigalloc; do
  rm -f image
  truncate -s 64M image
  case $feature in
  bigalloc) mke2fs -q -t ext4 -b 4096 -C 65536 -O bigalloc image 2>/dev/null ;;
  *) mke2fs -q -t ext4 -b 4096 image ;;
  esac
  dumpe2fs image >list 2>/dev/null && status=0 || status=$?
  seen "$feature, exit code" 0 "$status"
  free=$(sed -n 's/^Free blocks: *//p' list)
  sed -n 's/^  Free blocks: //p' list | tr -d ' ' | tr ',' '\n' >ranges
  listed=$(awk -F- '{ sum += ($2 == "" ? $1 : $2) - $1 + 1 } END { print sum }' ranges)
  missing=$((free - listed))
  [ "$feature" = bigalloc ] && wanted=15 || wanted=0
  seen "$feature, blocks missing of each range" "$wanted" "$((missing / $(wc -l <ranges)))"
done
