#!/bin/sh
# `docker run` of a service of a hypervisor node, turned into Compose by composerize-ts.
# Versions: composerize-ts 0.6.2.
# Guess:    `--ulimit nofile=1024:2048` is soft 1024, hard 2048, as for Docker; `--network host` is the network of the host.
# Seen:     hard 1024, soft 2048: the engine refuses a soft limit above the hard one. The network is a new one with the name "host",
#           and `--network container:x` one with that name. No message of either; only what is not supported is told.
# Matters:  a libvirt or an agent that has to see the host's links gets a bridge of its own, and runs.
# Anneal:   reads `docker run` itself: the first number is the soft limit, and host is the host's network.
# Short:    composerize-ts 0.6.2 | `--ulimit nofile=1024:2048` is soft and hard, `--network host` the host's network | hard and soft, and a new network named "host"; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages composerize-ts@0.6.2
guess 'soft 1024, hard 2048; network_mode host'

cd "$dir"
cat >turn.cjs <<'JS'
const { composerize } = require('composerize-ts')
const { messages, yaml } = composerize('docker run --network host --pid host --ulimit nofile=1024:2048 example/libvirt:1')
console.log(JSON.stringify(messages))
console.log(yaml.replace(/\n */g, ' '))
JS
node turn.cjs >out
seen messages '[]' "$(head -n 1 out)"
seen 'the limit' 'nofile: hard: 1024 soft: 2048' "$(grep -o 'nofile: hard: [0-9]* soft: [0-9]*' out)"
seen 'the network of the service' 'networks: host: {}' "$(grep -o 'networks: host: {}' out | head -n 1)"
seen 'the network of the project' 'networks: host: {}' "$(grep -o 'networks: host: {}' out | sed -n 2p)"
seen 'network_mode' 0 "$(grep -c network_mode out || true)"
seen 'pid' 'pid: host' "$(grep -o 'pid: host' out)"
