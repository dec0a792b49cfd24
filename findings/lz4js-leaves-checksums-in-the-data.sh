#!/bin/sh
# An lz4 file with checksums of its blocks, and one of two frames, unpacked by lz4js.
# Versions: lz4js 0.2.0; lz4 1.9.4 (Debian 12). lz4-napi 2.10.0 reads the first, and of two frames one.
# Guess:    a frame with block checksums (`lz4 -BX`) is read, or refused, since the header's flag says it; of several frames all
#           are read, or an error.
# Seen:     of the first the bytes are others: a block's checksum is taken for the length of the next block. Of two frames the
#           first is read. No error; the checksum of the content, which lz4 writes by default, is not looked at.
# Matters:  initrds, disks and memory of machines are packed with lz4. What comes out is wrong, and nothing tells.
# Anneal:   has the program lz4 unpack images; its own decoders read blocks.
# Short:    lz4js 0.2.0 | a file of `lz4 -BX` is read, or refused | other bytes, without an error; of two frames the first
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages lz4js@0.2.0
need lz4 'v1.9.4' lz4 --version
guess 'the same bytes, or an error'

cd "$dir"
seq 1 100000 >plain
seq 1 1000 >more
lz4 -q -BX -c plain >checked.lz4
{ lz4 -q -c plain && lz4 -q -c more; } >two.lz4
cat plain more >both
cat >read.cjs <<'JS'
const { readFileSync } = require('node:fs')
const [file, wanted] = process.argv.slice(2)
const read = Buffer.from(require('lz4js').decompress(new Uint8Array(readFileSync(file))))
console.log(read.equals(readFileSync(wanted)) ? 'same' : 'different')
JS
lz4 -q -c plain >plain.lz4
seen 'no checksums of blocks' same "$(node read.cjs plain.lz4 plain)"
seen 'with checksums, by lz4' 588895 "$(lz4 -dc checked.lz4 | wc -c)"
seen 'with checksums, by lz4js' different "$(node read.cjs checked.lz4 plain)"
seen 'two frames, by lz4' 592788 "$(lz4 -dc two.lz4 | wc -c)"
seen 'two frames, by lz4js, and both' different "$(node read.cjs two.lz4 both)"
seen 'two frames, by lz4js, and the first' same "$(node read.cjs two.lz4 plain)"
