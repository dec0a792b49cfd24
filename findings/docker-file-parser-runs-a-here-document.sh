#!/bin/sh
# A Dockerfile with a here-document, read by docker-file-parser.
# Versions: docker-file-parser 1.0.7; dockerfile-ast 0.7.1 for comparison.
# Guess:    the lines between `RUN <<EOF` and `EOF` are the script of RUN, as BuildKit and Buildah have had it since 2021, or an
#           error says that this is not supported.
# Seen:     each line is an instruction of its own. Of a script that writes a Dockerfile, the image behind its FROM counts as a
#           base image. No error. The line `# escape=` is not obeyed either.
# Matters:  what looks for base images, exposed ports or users in Dockerfiles finds some that are not there.
# Anneal:   reads no Dockerfiles.
# Short:    docker-file-parser 1.0.7 | a here-document is the script of its RUN, or an error | its lines are instructions; a FROM in it is a base image
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages docker-file-parser@1.0.7 dockerfile-ast@0.7.1
guess 'FROM RUN USER, or an error'

cd "$dir"
cat >Dockerfile <<'DOCKERFILE'
FROM debian:12
RUN <<EOF
cat >/inner <<'INNER'
FROM alpine:3
USER root
INNER
apt-get update
EOF
USER www-data
DOCKERFILE
cat >run.mjs <<'JS'
import { readFileSync } from 'node:fs'
import parser from 'docker-file-parser'
import { DockerfileParser } from 'dockerfile-ast'
const text = readFileSync('Dockerfile', 'utf8')
console.log(DockerfileParser.parse(text).getInstructions().map((one) => one.getKeyword()).join(' '))
const commands = parser.parse(text)
console.log(commands.map((one) => one.name).join(' '))
console.log(commands.filter((one) => one.name === 'FROM').map((one) => one.args).join(' '))
console.log(commands.filter((one) => one.error).length)
JS
node run.mjs >out
seen 'dockerfile-ast' 'FROM RUN USER' "$(sed -n 1p out)"
seen 'docker-file-parser' 'FROM RUN CAT FROM USER INNER APT-GET EOF USER' "$(sed -n 2p out)"
seen 'base images' 'debian:12 alpine:3' "$(sed -n 3p out)"
seen 'errors' 0 "$(sed -n 4p out)"
