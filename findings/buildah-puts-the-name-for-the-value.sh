#!/bin/sh
# buildah config --env with a variable that the image does not have.
# Versions: Buildah 1.28.2 (Debian 12); 1.43.2 does the same.
# Guess:    $PATH stays as it is, or is empty, or the command fails.
# Seen:     it is the word PATH: the image has "/opt/bin:PATH". A message says "error expanding variable"; exit code 0.
# Matters:  in a container of that image no program is found but those of /opt/bin; who builds with `set -e` gets no error.
# Anneal:   builds images by layers of its own.
# Short:    Buildah 1.28.2 (and 1.43.2) | `buildah config --env 'PATH=/opt/bin:$PATH'` without a PATH in the image leaves $PATH, or fails | the image has "/opt/bin:PATH"; "error expanding variable", exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need jq 1.6 jq --version
[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files g/golang-github-containers-buildah/buildah_1.28.2+ds1-3+deb12u1+b3_amd64.deb
LD_LIBRARY_PATH=
guess 'an error, or /opt/bin:$PATH'

cd "$dir"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$dir" "$dir" >storage.conf
export CONTAINERS_STORAGE_CONF="$dir/storage.conf" BUILDAH_ISOLATION=chroot
container=$(buildah from scratch 2>log) || skip "Buildah does not run here: $(tail -n 1 log)"
variables() { buildah inspect "$container" | jq -c .OCIv1.config.Env; }
buildah config --env 'PATH=/opt/bin:$PATH' "$container" >said 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'said' 'error expanding variable' "$(grep -o 'error expanding variable' said)"
seen 'variables' '["PATH=/opt/bin:PATH"]' "$(variables)"
buildah config --env 'PATH=/bin' --env 'TOOLS=/opt' "$container"
buildah config --env 'PATH=/opt/bin:$PATH' "$container"
seen 'where the image has a PATH' '["TOOLS=/opt","PATH=/opt/bin:/bin"]' "$(variables)"
buildah rm "$container" >log
