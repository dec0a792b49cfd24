#!/bin/sh
# A disk whose size is no multiple of 4096, and its block map by bmaptool, read by blockmap.
# Versions: blockmap 4.0.3; bmaptool 3.6 makes the map and copies the disk.
# Guess:    FilterStream with verification gives every range of the map, or an error.
# Seen:     the last range, which ends with a part of a block, is missing. No error. ReadStream ends with "Bytes read mismatch".
# Matters:  the disk that is written lacks its end, such as the second copy of a GPT, and verification says nothing.
# Anneal:   digests each piece of a block map by its real length.
# Short:    blockmap 4.0.3, bmaptool 3.6 | a disk of 1000000 bytes is read by its block map to its end, or an error | the last range is missing, verification says nothing; `ReadStream` says an error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages blockmap@4.0.3
need bmaptool 3.6 bmaptool --version
guess 'bytes 40960 to 45055 and 999424 to 999999'

cd "$dir"
truncate -s 1000000 disk.img
printf 'start' | dd of=disk.img bs=4096 seek=10 conv=notrunc status=none
printf 'end' | dd of=disk.img bs=1 seek=999990 conv=notrunc status=none
bmaptool create disk.img -o disk.bmap >/dev/null 2>&1
cat >read.cjs <<'JS'
const { createReadStream, openSync, readFileSync } = require('node:fs')
const { BlockMap, FilterStream, ReadStream } = require('blockmap')
const map = BlockMap.parse(readFileSync('disk.bmap'))
const stream =
  process.argv[2] === 'filter'
    ? createReadStream('disk.img').pipe(new FilterStream(map, true))
    : new ReadStream(openSync('disk.img'), map, true)
const said = [`${map.ranges.length} ranges:`]
stream.on('data', ({ position, buffer }) => said.push(`${position}+${buffer.length}`))
stream.on('error', (error) => said.push(error.message))
stream.on('end', () => said.push('end'))
process.on('exit', () => console.log(said.join(' ')))
JS
touch copy.img
bmaptool copy disk.img copy.img >/dev/null 2>&1
seen 'bmaptool copies all' same "$(cmp disk.img copy.img && echo same)"
seen FilterStream '2 ranges: 40960+4096 end' "$(node read.cjs filter)"
seen ReadStream '2 ranges: 40960+4096 Bytes read mismatch: 576 != 4096' "$(node read.cjs read)"
