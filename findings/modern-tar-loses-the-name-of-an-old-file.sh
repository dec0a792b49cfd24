#!/bin/sh
# An archive with a file whose time is before 1970, read by modern-tar.
# Versions: modern-tar 0.8.6; GNU tar 1.34 writes.
# Guess:    the file has its name, and a time before 1970 or none.
# Seen:     of GNU tar's own format the file is gone. In its place is an empty one whose name is what the file holds. The next
#           entry is right, and so is format pax. No error.
# Matters:  GNU is the format that Debian's tar writes, and times before 1970 are in images: of a clock that was not set, or
#           in a time zone east of Greenwich. The file is lost.
# Anneal:   reads tar by tar-stream and a reader of its own.
# Short:    modern-tar 0.8.6 | a file with a time before 1970 has its name | it is gone, and an empty file is named by its contents; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages modern-tar@0.8.6
need tar 'GNU tar' tar --version
guess 'old of 9 bytes, new of 4'

cd "$dir"
echo contents >old
touch -d '1969-12-31 23:00:00 UTC' old
printf 'text' >new
cat >read.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { unpackTar } from 'modern-tar'
const entries = await unpackTar(new Uint8Array(readFileSync(process.argv[2])))
console.log(entries.map(({ header }) => `${header.name.trim()} ${header.size}`).join(' '))
JS
for format in gnu pax; do tar --format="$format" -cf "$format.tar" old new; done
seen 'pax' 'old 9 new 4' "$(node read.mjs pax.tar)"
seen 'gnu' 'contents 0 new 4' "$(node read.mjs gnu.tar)"
