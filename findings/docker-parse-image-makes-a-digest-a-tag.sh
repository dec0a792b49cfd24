#!/bin/sh
# Names of images, taken apart by docker-parse-image.
# Versions: docker-parse-image 3.0.1; parse-docker-image-name 3.0.0 for comparison.
# Guess:    a digest comes out as one, or is refused; `localhost/a` is on the registry localhost, as for Docker and Podman.
# Seen:     a digest becomes the tag, and the full name that it makes of it is no reference ("quay.io/a/b:sha256:…"). The
#           registry localhost becomes a user on Docker Hub. A name with three parts behind the registry is null.
# Matters:  what is pinned by digest cannot be pulled by that name; a local image of Podman is looked for on Docker Hub.
# Anneal:   takes names of images apart itself.
# Short:    docker-parse-image 3.0.1 | a digest is a digest, and localhost/a is on localhost | "a/b:sha256:…", and a user "localhost" on Docker Hub
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages docker-parse-image@3.0.1 parse-docker-image-name@3.0.0
guess 'digest sha256:aaa…, registry localhost'

cd "$dir"
cat >run.mjs <<'JS'
import parse from 'docker-parse-image'
import other from 'parse-docker-image-name'
const pinned = `quay.io/a/b@sha256:${'a'.repeat(64)}`
const short = (text) => String(text).replace(/a{64}/, '…')
console.log(short((other.default ?? other)(pinned).digest))
console.log(short(parse(pinned).tag))
console.log(short(parse(pinned).fullname))
console.log(String(parse('localhost/a').registry), parse('localhost/a').namespace)
console.log(String(parse('quay.io/a/b/c:1')))
JS
node run.mjs >out
seen 'digest, by parse-docker-image-name' 'sha256:…' "$(sed -n 1p out)"
seen 'tag of a pinned image' 'sha256:…' "$(sed -n 2p out)"
seen 'full name of a pinned image' 'quay.io/a/b:sha256:…' "$(sed -n 3p out)"
seen 'registry and namespace of localhost/a' 'null localhost' "$(sed -n 4p out)"
seen 'quay.io/a/b/c:1' null "$(sed -n 5p out)"
