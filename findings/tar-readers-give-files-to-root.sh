#!/bin/sh
# The owner of a file in an archive, read by four libraries of npm.
# Versions: @remix-run/tar-parser 0.7.1, it-tar 6.0.6, @obsidize/tar-browserify 6.3.2; modern-tar 0.8.6 for comparison; GNU tar
#           1.34 writes.
# Guess:    the user id is 3000000, as tar wrote it: in a pax record, or in base 256 by GNU tar's own format; or an error.
# Seen:     of pax it is 0 for two of them, of GNU for the third: root. Of the GNU format two of them give a name of more than
#           100 bytes a NUL at its end. No error.
# Matters:  ids above 2097151 are in images of user namespaces and directory services. All their files become root's.
# Anneal:   reads both (tar-stream, and a reader of its own).
# Short:    tar-parser 0.7.1, it-tar 6.0.6, tar-browserify 6.3.2 | user 3000000 of a pax or GNU archive is that user | it is 0; a long name of GNU gets a NUL at its end
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages @remix-run/tar-parser@0.7.1 it-tar@6.0.6 @obsidize/tar-browserify@6.3.2 modern-tar@0.8.6
need tar 'GNU tar' tar --version
guess '3000000 and 120 bytes for each'

cd "$dir"
name=$(printf '%0120d' 0)
echo text >"$name"
for format in gnu pax; do tar --format="$format" --owner=u:3000000 --group=g:3000000 -cf "$format.tar" "$name"; done
cat >read.mjs <<'JS'
import { readFileSync } from 'node:fs'
const [file, library] = process.argv.slice(2)
const bytes = new Uint8Array(readFileSync(file))
const found = []
if (library === 'remix') {
  const { parseTar } = await import('@remix-run/tar-parser')
  await parseTar(bytes, ({ header }) => found.push([header.uid, header.name]))
} else if (library === 'it-tar') {
  const { extract } = await import('it-tar')
  for await (const { header, body } of extract()([bytes])) {
    found.push([header.uid, header.name])
    for await (const _ of body);
  }
} else if (library === 'obsidize') {
  const { Archive } = await import('@obsidize/tar-browserify')
  for (const entry of (await Archive.extract(bytes)).entries) found.push([entry.ownerUserId, entry.fileName])
} else {
  const { unpackTar } = await import('modern-tar')
  for (const { header } of await unpackTar(bytes)) found.push([header.uid, header.name])
}
console.log(found.map(([uid, name]) => `${uid} ${name.length}`).join(', '))
JS
read_by() { node read.mjs "$1" "$2" 2>log || skip "$2 does not run on this Node: $(tail -n 1 log)"; }
for format in gnu pax; do seen "modern-tar, $format" '3000000 120' "$(read_by $format.tar modern)"; done
seen 'tar-parser, gnu' '3000000 121' "$(read_by gnu.tar remix)"
seen 'tar-parser, pax' '0 120' "$(read_by pax.tar remix)"
seen 'it-tar, gnu' '3000000 120' "$(read_by gnu.tar it-tar)"
seen 'it-tar, pax' '0 120' "$(read_by pax.tar it-tar)"
seen 'tar-browserify, gnu' '0 121' "$(read_by gnu.tar obsidize)"
seen 'tar-browserify, pax' '3000000 120' "$(read_by pax.tar obsidize)"
