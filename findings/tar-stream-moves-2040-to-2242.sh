#!/bin/sh
# Files with times after 2038, packed by tar-stream, which dockerode, tar-fs and most builders of images use.
# Versions: tar-stream 3.2.2; GNU tar 1.34 reads what it writes.
# Guess:    the time is kept: tar's field holds seconds up to the year 2242.
# Seen:     2038-01-19T03:14:08, and each time behind it, is 2242-03-16 12:56:31, the last that the field holds. No error.
# Matters:  a layer of an image has other times than what was packed: by them make, rpm, rsync, ostree and a check of an installation
#           go. A time in the future comes from a machine without a clock, or from a certificate's end.
# Anneal:   writes the seconds as they are up to 2242.
# Short:    tar-stream 3.2.2 | a time after 2038 is kept, since tar's field goes to 2242 | from 2038-01-19T03:14:08 on each is 2242-03-16; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages tar-stream@3.2.2
need tar 'tar) 1.34' tar --version
guess '2038-01-19 2040-01-01 2200-01-01'

cd "$dir"
cat >pack.cjs <<'JS'
const { createWriteStream } = require('node:fs')
const { pack } = require('tar-stream')
const archive = pack()
archive.pipe(createWriteStream('after.tar'))
for (const time of ['2026-01-01T00:00:00Z', '2038-01-19T03:14:07Z', '2038-01-19T03:14:08Z', '2040-01-01T00:00:00Z', '2200-01-01T00:00:00Z'])
  archive.entry({ name: time, mtime: new Date(time) }, '')
archive.finalize()
JS
node pack.cjs
dates() { TZ=UTC tar --full-time -tvf "$1" 2>log | sed 's/  */ /g' | cut -d ' ' -f 4 | paste -sd ' ' -; }
seen '2026, 2038 twice, 2040 and 2200' '2026-01-01 2038-01-19 2242-03-16 2242-03-16 2242-03-16' "$(dates after.tar)"
