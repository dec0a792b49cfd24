#!/bin/sh
# A bzip2 file of several streams, as pbzip2 and lbzip2 write, unpacked by three libraries of npm.
# Versions: bz2 1.0.1, compressjs 1.0.3, seek-bzip 2.0.0, unbzip2-stream 1.4.3; bzip2 1.0.8.
# Guess:    all streams are read, as bzip2 and unbzip2-stream read them, or an error.
# Seen:     the first stream is all. No error. (seek-bzip reads all where a third argument asks for it.)
# Matters:  images for download (.bz2) are packed on many processors: 900 kB of each are left.
# Anneal:   has the program bzip2 unpack images.
# Short:    bz2 1.0.1, compressjs 1.0.3, seek-bzip 2.0.0 | what pbzip2 writes is read to its end | its first stream is, 900 kB at most; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages bz2@1.0.1 compressjs@1.0.3 seek-bzip@2.0.0 unbzip2-stream@1.4.3
need bzip2 'Version 1.0.8' sh -c 'bzip2 --version </dev/null 2>&1'
guess '592788 bytes for each'

cd "$dir"
seq 1 100000 >one
seq 1 1000 >two
{ bzip2 -c one && bzip2 -c two; } >both.bz2
cat >read.cjs <<'JS'
const bytes = require('node:fs').readFileSync('both.bz2')
const say = (read) => console.log(read.length)
const library = process.argv[2]
if (library === 'bz2') say(require('bz2').decompress(new Uint8Array(bytes)))
else if (library === 'compressjs') say(require('compressjs').Bzip2.decompressFile(bytes))
else if (library === 'seek-bzip') say(require('seek-bzip').decode(bytes))
else {
  let length = 0
  const stream = require('unbzip2-stream')()
  stream.on('data', (chunk) => (length += chunk.length)).on('end', () => console.log(length))
  stream.end(bytes)
}
JS
seen 'bzip2' 592788 "$(bzip2 -dc both.bz2 | wc -c)"
seen 'unbzip2-stream' 592788 "$(node read.cjs unbzip2-stream)"
for library in bz2 compressjs seek-bzip; do seen "$library" 588895 "$(node read.cjs "$library")"; done
