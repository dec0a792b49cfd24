#!/bin/sh
# decomposerize: "Turn docker-compose into docker run commands".
# Versions: decomposerize 1.4.4.
# Guess:    the line starts a container with the same command, environment, health check and mounts; what has no option is refused.
# Seen:     a list of words is joined with commas: the command "sleep 5" is "sleep,5". Of an entrypoint the last word counts. `$$` stays,
#           and is the shell's process id. A mount's propagation is "[object Object]", a period of 1m30s is no number. No message.
# Matters:  super-privileged containers have each of these. Some of the lines Docker refuses; others start and do something else.
# Anneal:   reads `docker run` lines and Compose files, and writes no such lines.
# Short:    decomposerize 1.4.4 | a command that is a list is run as that list | `sleep,5`; `$$` is the shell’s; a mount option is "[object Object]"
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages decomposerize@1.4.4
guess "sleep 5; --entrypoint /init; -e 'A=x\$y'; bind-propagation=rshared; --stop-timeout 90"

cd "$dir"
cat >run.cjs <<'JS'
const found = require('decomposerize')
const run = found.default ?? found
console.log(run(`services:\n  agent:\n    image: example/agent:1\n    ${process.argv[2]}\n`).trim())
JS
line() { node run.cjs "$1" | paste -sd ' ' -; }
seen 'command' 'docker run example/agent:1 sleep,5' "$(line 'command: [sleep, "5"]')"
seen 'entrypoint' 'docker run --entrypoint /init --entrypoint --all example/agent:1' "$(line 'entrypoint: [/init, --all]')"
seen 'environment' 'docker run -e A=x$$y example/agent:1' "$(line 'environment: { A: x$$y }')"
seen 'propagation' 'docker run --mount type=bind,source=/run,target=/run,bind="[object Object]" example/agent:1' \
  "$(line 'volumes: [{ type: bind, source: /run, target: /run, bind: { propagation: rshared } }]')"
seen 'stop_grace_period' 'docker run --stop-timeout 1m30s example/agent:1' "$(line 'stop_grace_period: 1m30s')"
seen 'health check' 'docker run --health-cmd CMD,virsh,list example/agent:1' "$(line 'healthcheck: { test: [CMD, virsh, list] }')"
