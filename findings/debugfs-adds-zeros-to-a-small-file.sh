#!/bin/sh
# A file of 5 bytes on ext4 with inline_data, where it lies in its inode, taken out by debugfs.
# Versions: e2fsprogs 1.47.0 (Debian 12). 1.47.4 makes a whole block of it.
# Guess:    `debugfs -R 'cat /f'`, `dump` and `rdump` give the 5 bytes, as they do without inline_data.
# Seen:     60 bytes: the file and zeros behind it, as for each file below 60 bytes. Without inline_data they are 5. Exit code 0.
# Matters:  what is taken out of an image without a mount is another file: its checksum, a key or a machine ID with zeros behind it.
# Anneal:   has a reader of ext4 of its own, which reads as many bytes as the inode says.
# Short:    e2fsprogs 1.47.0 (and 1.47.4) | `debugfs` takes a file of 5 bytes out of ext4 with inline_data as it is | 60 bytes: zeros behind it (of 1.47.4 a whole block); exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need debugfs 1.47.0 debugfs -V
guess '5 bytes'

cd "$dir"
mkdir tree
echo tiny >tree/small
seq 1 30 >tree/larger
for feature in inline_data ^inline_data; do
  rm -rf image out
  truncate -s 16M image
  mke2fs -q -t ext4 -O "$feature" -d tree image
  mkdir out
  seen "size by the inode, -O $feature" 5 "$(debugfs -R 'stat /small' image 2>/dev/null | sed -n 's/.* Size: \([0-9]*\)$/\1/p' | head -n 1)"
  debugfs -R 'cat /small' image >cat 2>log && status=0 || status=$?
  debugfs -R 'dump /small dump' image 2>>log
  debugfs -R 'rdump / out' image 2>>log
  sizes=$(stat -c %s cat dump out/small | paste -sd ' ' -)
  if [ "$feature" = inline_data ]; then
    seen 'bytes of cat, dump and rdump' '60 60 60' "$sizes"
    seen 'what is behind the file' zeros "$(tail -c +6 dump | tr -d '\0' | wc -c | sed 's/^0$/zeros/')"
    seen 'a file of 81 bytes' 81 "$(stat -c %s out/larger)"
    seen 'exit code' 0 "$status"
  else
    seen 'bytes of cat, dump and rdump' '5 5 5' "$sizes"
  fi
done
