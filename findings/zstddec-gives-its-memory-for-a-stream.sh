#!/bin/sh
# zstddec, a zstd decoder for Node.js and browsers, on what was packed through a pipe.
# Versions: zstddec 0.3.4.
# Guess:    `decode(packed)` gives the data, or an error: a frame that was made from a stream does not say how long its data is. (The
#           README says that it may fail then.)
# Seen:     no error. It gives 16 MB and more, which is the decoder's own memory; the data is not at its start. With the length as a second
#           argument, and by zstddec/stream, it is right.
# Matters:  layers of OCI images, initramfs archives and `qemu-img … | zstd` are made from streams. A check for an error is of no use.
# Anneal:   cuts the frames apart itself (src/formats/zstd) and compares lengths.
# Short:    zstddec 0.3.4 | what was packed through a pipe is read, or an error | 16 MB of the decoder’s own memory, without the data at its start; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages zstddec@0.3.4
command -v zstd >/dev/null || skip 'zstd is missing'
guess '19 bytes, or an error'

cd "$dir"
printf 'the data of a layer' >data
zstd -q -c data >known.zst
zstd -q -c <data >stream.zst
cat >read.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { ZSTDDecoder } from 'zstddec'
import { ZSTDDecoder as StreamDecoder } from 'zstddec/stream'
const show = (name, got) => {
  console.log(name, got.length > 1e6 ? 'more than a million bytes' : got.length, Buffer.from(got.subarray(0, 19)).toString() === 'the data of a layer')
}
const decoder = new ZSTDDecoder()
await decoder.init()
show('known', decoder.decode(readFileSync('known.zst')))
show('stream', decoder.decode(readFileSync('stream.zst')))
const other = new ZSTDDecoder()
await other.init()
show('told', other.decode(readFileSync('stream.zst'), 19))
const streams = new StreamDecoder()
await streams.init()
show('streams', streams.decode(readFileSync('stream.zst')))
JS
node read.mjs >out 2>log || skip "zstddec does not run here: $(tail -n 1 log | cut -c 1-200)"
said() { sed -n "s/^$1 //p" out; }
seen 'of a file, length and if it is the data' '19 true' "$(said known)"
seen 'of a stream, length and if it is the data' 'more than a million bytes false' "$(said stream)"
seen 'of a stream, with its length told' '19 true' "$(said told)"
seen 'of a stream, by zstddec/stream' '19 true' "$(said streams)"
