#!/bin/sh
# Archives read by nanotar.
# Versions: nanotar 0.3.0; GNU tar 1.34 writes.
# Guess:    parseTar(bytes) reads these bytes; a symbolic link has its name; the owner is the one that tar wrote.
# Seen:     of a part of a larger buffer (subarray, and each small Buffer of Node) it reads the larger buffer from its start: no
#           entry, or those of other data. The owner's octal digits are read as decimal: 1000 is 1750. A link with a target
#           of more than 100 bytes is named by its target. No error.
# Matters:  the layer of an image comes as a part of what was read. Files have another owner, and links another name.
# Anneal:   reads tar by tar-stream and a reader of its own.
# Short:    nanotar 0.3.0 | `parseTar(bytes.subarray(…))` reads that part; user 1000 is 1000 | the larger buffer from its start; 1750; a long link is named by its target
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages nanotar@0.3.0
need tar 'GNU tar' tar --version
guess 'file and link, of user 1000'

cd "$dir"
mkdir tree
echo text >tree/file
ln -s "$(printf '%0120d' 0)" tree/link
cat >read.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { parseTar } from 'nanotar'
const [file, ask] = process.argv.slice(2)
const archive = new Uint8Array(readFileSync(file))
const larger = new Uint8Array(1024 + archive.length)
larger.set(archive, 1024)
const entries = parseTar(ask === 'part' ? larger.subarray(1024) : archive)
console.log(ask === 'owner' ? entries.map(({ attrs }) => attrs.uid).join(' ') : entries.map(({ name }) => name).join(' '))
JS
for format in gnu pax; do
  tar -C tree --format="$format" --owner=1000 --group=1000 -cf "$format.tar" file link
  seen "$format, names" "file $(printf '%0120d' 0)" "$(node read.mjs "$format.tar" names)"
  seen "$format, names, of a part of a buffer" '' "$(node read.mjs "$format.tar" part)"
  seen "$format, owners" '1750 1750' "$(node read.mjs "$format.tar" owner)"
done
