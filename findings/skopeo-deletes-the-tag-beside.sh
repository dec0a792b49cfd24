#!/bin/sh
# Two tags of a registry that are the same image, and one of them is deleted.
# Versions: skopeo 1.9.3, docker-registry 2.8.2, umoci 0.4.7.
# Guess:    `skopeo delete …/node:old` leaves …/node:current alone.
# Seen:     both are gone: skopeo looks up the digest of the tag and deletes that. Exit code 0, no message.
# Matters:  a rebuild that changed nothing, or a tag for "current", is the same image: whoever tidies up old releases deletes the new one.
# Anneal:   deletes nothing in a registry; a release is pinned by digest, and a node keeps the images of the release before.
# Short:    skopeo 1.9.3, docker-registry 2.8.2 | `skopeo delete …/node:old` leaves another tag of the same image alone | both tags are gone; exit code 0
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need skopeo 1.9.3 skopeo --version
need umoci 0.4.7 umoci --version
start_registry
guess 'current is still there'

cd "$dir"
umoci init --layout oci
umoci new --image oci:node
image() {
  command=$1
  shift
  skopeo "$command" --tls-verify=false "$@"
}
node=docker://127.0.0.1:$port/node
for tag in old current; do skopeo copy --quiet --dest-tls-verify=false oci:oci:node "$node:$tag"; done
umoci config --image oci:node --tag other --config.label a=b
skopeo copy --quiet --dest-tls-verify=false oci:oci:other "$node:other"
there() {
  for tag in old current other; do
    if image inspect "$node:$tag" >/dev/null 2>&1; then printf '%s ' "$tag"; fi
  done
}
seen 'before' 'old current other ' "$(there)"
image delete "$node:old" && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'after' 'other ' "$(there)"
