#!/bin/sh
# Disk images in tar files that `tar --sparse` wrote, read by npm's two tar libraries.
# Versions: tar 7.5.23 (node-tar), tar-stream 3.2.2; GNU tar 1.34 writes.
# Guess:    the disk comes out with its holes and its name, as with GNU tar, Go and Python; or an error says that
#           sparse entries are not supported.
# Seen:     format gnu: node-tar leaves the disk out without a word; tar-stream gives the bytes of its map and data, run
#           together, and no type. Format pax: both give a file of another name (GNUSparseFile.PID/…) and another length,
#           whose first bytes are the map. No error in any of the four.
# Matters:  `tar -S` is how people pack disks of virtual machines. A service that unpacks an upload this way stores a
#           broken disk, or none, and reports success.
# Anneal:   reads a disk out of a tar file, also a sparse one in the pax format (docs/image.md).
# Short:    tar 7.5.23, tar-stream 3.2.2 | a disk packed with `tar -S` comes out, or an error | it is missing, or has another name and length; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages tar@7.5.23 tar-stream@3.2.2
need tar 'GNU tar' tar --version
guess 'disk.img of 1048576 bytes, or an error'

cd "$dir"
mkdir in
truncate -s 1M in/disk.img
for kib in 0 200 400 600; do printf data | dd of=in/disk.img bs=1024 seek="$kib" conv=notrunc status=none; done
cat >with-tar.mjs <<'JS'
import * as tar from 'tar'
await tar.t({ file: process.argv[2], strict: true, onReadEntry: (entry) => console.log(entry.path.replace(/\d+\//, 'PID/'), entry.size) })
JS
cat >with-tar-stream.mjs <<'JS'
import { createReadStream } from 'node:fs'
import tar from 'tar-stream'
const extract = tar.extract()
createReadStream(process.argv[2]).pipe(extract)
for await (const entry of extract) {
  let bytes = 0
  for await (const chunk of entry) bytes += chunk.length
  console.log(entry.header.name.replace(/\d+\//, 'PID/'), entry.header.type, bytes)
}
JS
for format in gnu pax; do
  tar -C in --sparse --format="$format" -cf "$format.tar" disk.img
  mkdir "out-$format" && tar -C "out-$format" -xf "$format.tar"
  seen "$format, GNU tar" 1048576 "$(stat -c %s "out-$format/disk.img")"
done
seen 'gnu, node-tar' '' "$(node with-tar.mjs gnu.tar)"
seen 'gnu, tar-stream' 'disk.img null 16384' "$(node with-tar-stream.mjs gnu.tar)"
seen 'pax, node-tar' './GNUSparseFile.PID/disk.img 16896' "$(node with-tar.mjs pax.tar)"
seen 'pax, tar-stream' './GNUSparseFile.PID/disk.img file 16896' "$(node with-tar-stream.mjs pax.tar)"
