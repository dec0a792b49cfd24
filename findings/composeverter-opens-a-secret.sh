#!/bin/sh
# A secret of Compose with `mode: 0400`, and a service with two replicas, converted by composeverter.
# Versions: composeverter 1.7.5; docker-compose 2.26.1 (Debian 13) reads what comes out.
# Guess:    the mode is 0400 for Docker Compose before and after, and two replicas are two.
# Seen:     the mode is written as 400, which Compose reads as a decimal number: 0620, so that the group may write. On the way from
#           version 3 to 2 the replicas are left out, and `max_attempts: 3` becomes "on-failure" without an end. No message.
# Matters:  in a stack of Docker, and where Compose copies a secret into a container, a key of TLS is no longer its owner's alone.
# Anneal:   reads Compose's modes as Compose does, and converts no file by this package.
# Short:    composeverter 1.7.5, docker-compose 2.26.1 | `mode: 0400` of a secret stays 0400, two replicas are two | the mode is 400, which Compose takes for 0620; the replicas are gone; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages composeverter@1.7.5
debian_files d/docker-compose/docker-compose_2.26.1-4_amd64.deb
guess '0400 by each, and 2'

cd "$dir"
echo secret >key
cat >compose.yaml <<'YAML'
version: "3.8"
services:
  node:
    image: example/libvirt:1
    deploy: { replicas: 2, restart_policy: { condition: on-failure, max_attempts: 3 } }
    secrets: [{ source: key, target: /run/key, mode: 0400 }]
secrets: { key: { file: ./key } }
YAML
cat >convert.cjs <<'JS'
const { readFileSync } = require('node:fs')
const { [process.argv[2]]: convert } = require('composeverter')
console.log(convert(readFileSync('compose.yaml', 'utf8'), { indent: 2 }).replace('<your project name>', 'node'))
JS
compose=$(find root -name docker-compose -type f -perm -1 | head -n 1)
mode() {
  "$compose" -p node -f "$1" config 2>log >out || skip "docker-compose does not run here: $(tail -n 1 log)"
  sed -n 's/^ *mode: *"*\([0-9]*\)"*$/\1/p' out
}
seen 'mode for Compose, 0400' 256 "$(mode compose.yaml)"
node convert.cjs migrateToCommonSpec >new.yaml
seen 'converted' 'mode: 400' "$(grep -o 'mode: .*' new.yaml)"
seen 'mode for Compose, 0620' 400 "$(mode new.yaml)"
node convert.cjs migrateFromV3xToV2x >old.yaml
seen 'replicas of version 2' 0 "$(grep -Ec 'replicas|scale' old.yaml || true)"
seen 'restart of version 2' 'restart: on-failure' "$(grep -o 'restart: .*' old.yaml)"
seen 'comments about it' 0 "$(grep -c '^#' old.yaml || true)"
