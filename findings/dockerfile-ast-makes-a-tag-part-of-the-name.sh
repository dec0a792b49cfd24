#!/bin/sh
# The base image of a Dockerfile that is pinned by tag and digest, read by dockerfile-ast.
# Versions: dockerfile-ast 0.7.1.
# Guess:    the image of `FROM registry.example:5000/a/b:12@sha256:…` is named a/b, with the tag 12 and that digest.
# Seen:     its name is "a/b:12", and it has no tag. Without the registry's port, or by tag or digest alone, it is right.
# Matters:  this is how base images of one's own registry are pinned: a check of names or tags passes over them.
# Anneal:   pins images by tag and digest, and takes the port apart from the tag.
# Short:    dockerfile-ast 0.7.1 | `FROM registry.example:5000/a/b:12@sha256:…` is the image a/b with tag 12 | it is named "a/b:12" and has no tag
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages dockerfile-ast@0.7.1
guess 'a/b, 12 and the digest'

cd "$dir"
cat >read.cjs <<'JS'
const { DockerfileParser } = require('dockerfile-ast')
const [from] = DockerfileParser.parse(`FROM ${process.argv[2]}`).getFROMs()
console.log(from.getImageName(), from.getImageTag(), from.getImageDigest()?.slice(0, 9) ?? null)
JS
digest=sha256:$(printf '%064d' 0)
seen 'by tag' 'a/b 12 null' "$(node read.cjs registry.example:5000/a/b:12)"
seen 'by digest' 'a/b null sha256:00' "$(node read.cjs "registry.example:5000/a/b@$digest")"
seen 'by both, without a port' 'a/b 12 sha256:00' "$(node read.cjs "registry.example/a/b:12@$digest")"
seen 'by both' 'a/b:12 null sha256:00' "$(node read.cjs "registry.example:5000/a/b:12@$digest")"
