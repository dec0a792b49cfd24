#!/bin/sh
# The ranges of a disk image that are in use, as file-disk gives them.
# Versions: file-disk 8.0.1.
# Guess:    getRanges gives ranges that have bytes and lie on the disk.
# Seen:     where the disk begins with free space, the first range has 0 bytes, and so has one between two parts that were freed one
#           after the other. The last range ends behind the disk where its size is no multiple of the block.
# Matters:  a map of a disk that is made of these ranges is refused by what reads it, and its end cannot be read.
# Anneal:   makes its block map from the file systems, and cuts the last block at the end of the disk.
# Short:    file-disk 8.0.1 | the ranges of a disk that are in use have bytes and lie on it | ranges of 0 bytes, and one that ends behind the disk
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages file-disk@8.0.1
guess 'of 10000 bytes, the first 4096 free: 4096 to 9999'

cd "$dir"
truncate -s 10000 disk.img
cat >ranges.cjs <<'JS'
const { FileDisk, withOpenFile } = require('file-disk')
const freed = process.argv.slice(3).map((range) => range.split('+').map(Number))
withOpenFile('disk.img', 'r', async (handle) => {
  const disk = new FileDisk(handle, true, true)
  for (const [offset, length] of freed) await disk.discard(offset, length)
  const ranges = [...(await disk.getRanges(Number(process.argv[2])))]
  console.log(ranges.map(({ offset, length }) => `${offset}+${length}`).join(' '))
})
JS
seen 'the first 4096 of 10000 bytes are free' '0+0 4096+8192' "$(node ranges.cjs 4096 0+4096)"
seen 'freed in two parts' '0+0 512+0 4096+6144' "$(node ranges.cjs 512 0+512 512+3584)"
