#!/bin/sh
# tar-stream (under dockerode, archiver and many builders of images) and large user ids.
# Versions: tar-stream 3.2.2; read back with GNU tar 1.34.
# Guess:    an owner that does not fit into the octal field is written in base 256 or as a pax record, as GNU tar
#           does, or refused.
# Seen:     every id above 262143 is written as 262143. No error, no warning: files change hands.
# Matters:  ids of user namespaces (subuid ranges, systemd-nspawn from 524288 on) and of directory services are above
#           that. An image packed with it gives all those users' files to one user.
# Anneal:   packs files of root alone.
# Short:    tar-stream 3.2.2 | a large user id is kept, or refused | every id above 262143 is written as 262143
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages tar-stream@3.2.2
need tar 'GNU tar' tar --version
guess 'the owner that was given, or an error'

cd "$dir"
cat >pack.cjs <<'JS'
const pack = require('tar-stream').pack()
for (const uid of [262143, 262144, 524288, 1878000000]) pack.entry({ name: `of-${uid}`, uid, gid: uid }, 'x')
pack.finalize()
pack.pipe(process.stdout)
JS
node pack.cjs >owners.tar
owner() { tar --numeric-owner -tvf owners.tar "of-$1" | awk '{ print $2 }'; }
seen 'owner of what 262143 owned' 262143/262143 "$(owner 262143)"
seen 'owner of what 262144 owned' 262143/262143 "$(owner 262144)"
seen 'owner of what 524288 owned' 262143/262143 "$(owner 524288)"
seen 'owner of what 1878000000 owned' 262143/262143 "$(owner 1878000000)"
tar --numeric-owner --owner=1878000000 --group=1878000000 -cf gnu.tar pack.cjs
seen 'the same by GNU tar' 1878000000/1878000000 "$(tar --numeric-owner -tvf gnu.tar | awk '{ print $2 }')"
