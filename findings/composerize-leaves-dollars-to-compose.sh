#!/bin/sh
# `docker run` lines, turned into Compose files by composerize, read by Compose.
# Versions: composerize 1.7.6, docker-compose 2.26.1.
# Guess:    what stands in single quotes reaches the container as it is: composerize writes `$$` for `$`. Two --tmpfs are two
#           directories, and a read-only mount stays one.
# Seen:     `$` is written as it is, and Compose puts its own environment in: a password loses its end, the command runs with
#           the home of whoever started it. Two --tmpfs become one, with the second in its options. `readonly` is left out.
# Matters:  Compose accepts the file; the container starts with another password, command and mounts than it had.
# Anneal:   writes `$$`, and all mounts with their options (anneal node import).
# Short:    composerize 1.7.6, docker-compose 2.26.1 | `-e 'A=x$y'` reaches the container; two `--tmpfs` are two | Compose fills in `$y`; the second is an option of the first
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages composerize@1.7.6
debian_files d/docker-compose/docker-compose_2.26.1-4_amd64.deb
unset LD_LIBRARY_PATH
guess 'A=x$y, echo $HOME, /run and /x, read-only'

cd "$dir"
cat >run.mjs <<'JS'
import composerize from 'composerize'
console.log((composerize.default ?? composerize)(process.argv[2]).replace(/^name: .*$/m, 'name: p'))
JS
compose() {
  node run.mjs "$1" >compose.yaml
  HOME=/home/of/the/caller root/usr/libexec/docker/cli-plugins/docker-compose -f compose.yaml config 2>log
}
seen 'A=x$y in single quotes' x "$(compose "docker run -e 'A=x\$y' img" | sed -n 's/^ *A: //p')"
seen 'echo $HOME in single quotes' 'echo /home/of/the/caller' "$(compose "docker run img sh -c 'echo \$HOME'" | grep -o 'echo .*')"
seen 'two --tmpfs' '- /run:size=64m,/x' "$(compose 'docker run --tmpfs /run:size=64m --tmpfs /x img' | sed -n '/tmpfs:/{n;s/^ *//p;}')"
compose 'docker run --mount type=bind,source=/dev,target=/dev,readonly img' >out
seen 'target of a read-only mount' /dev "$(sed -n 's/^ *target: //p' out)"
seen 'read-only' 0 "$(grep -ci 'read_\{0,1\}only' out || true)"
