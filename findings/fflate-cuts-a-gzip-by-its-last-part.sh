#!/bin/sh
# A gzip file of several members, unpacked by fflate.
# Versions: fflate 0.8.3; gzip 1.12 (Debian 12).
# Guess:    gunzipSync gives all members, as gunzip and Node do, or the first, or an error.
# Seen:     it gives the first member, cut to the length of the last one. Where the last is empty, as bgzip writes it, nothing is
#           left. No error. The stream (Gunzip) gives all.
# Matters:  bgzip, eStargz and `cat a.gz b.gz` write such files; layers of images are gzip.
# Anneal:   reads all members.
# Short:    fflate 0.8.3 | `gunzipSync` reads all members of a gzip file, or the first | the first, cut to the length of the last: of a bgzip file nothing
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages fflate@0.8.3
need gzip 'gzip 1.12' gzip --version
guess '400000 bytes and more'

cd "$dir"
head -c 400000 /dev/zero | tr '\0' a >first
head -c 1000 /dev/zero | tr '\0' b >second
: >empty
{ gzip -c first && gzip -c second; } >two.gz
{ gzip -c first && gzip -c empty; } >ended.gz
cat >read.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { Gunzip, gunzipSync } from 'fflate'
const [file, how] = process.argv.slice(2)
const bytes = new Uint8Array(readFileSync(file))
let length = 0
if (how === 'stream') new Gunzip((chunk) => (length += chunk.length)).push(bytes, true)
else length = gunzipSync(bytes).length
console.log(length)
JS
seen 'two members, by gunzip' 401000 "$(gunzip -c two.gz | wc -c)"
seen 'two members, by the stream' 401000 "$(node read.mjs two.gz stream)"
seen 'two members, by gunzipSync' 1000 "$(node read.mjs two.gz sync)"
seen 'an empty member at the end, by gunzip' 400000 "$(gunzip -c ended.gz | wc -c)"
seen 'an empty member at the end, by gunzipSync' 0 "$(node read.mjs ended.gz sync)"
