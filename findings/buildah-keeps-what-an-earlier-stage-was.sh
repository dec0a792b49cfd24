#!/bin/sh
# A build with `--layers` whose RUN reads an earlier stage through `--mount=type=bind,from=stage`. A file of that stage changes, and it is built again.
# Versions: Buildah 1.28.2 (Debian 12). 1.43.2 does the same for a stage, and sees the change of a file of the context.
# Guess:    RUN is done again, as by Docker, and as `COPY --from=stage` is.
# Seen:     RUN is taken from the cache: the new image holds what the stage was before. 1.28.2 does so for a file of the context, too.
# Matters:  a new release of a program is built, tagged and pushed, and holds the old program.
# Anneal:   builds no images; it compares an image by its digest.
# Short:    Buildah 1.28.2 (and 1.43.2) | `RUN --mount=type=bind,from=stage` is done again when the stage has changed | it is taken from the cache, and the image holds the old file; `COPY --from` sees it; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v busybox >/dev/null || skip 'busybox is missing'
[ "$(id -u)" = 0 ] || skip 'root is needed'
debian_files g/golang-github-containers-buildah/buildah_1.28.2+ds1-3+deb12u1+b3_amd64.deb
LD_LIBRARY_PATH=
guess 'new, each time'

cd "$dir"
printf '[storage]\ndriver = "vfs"\nrunroot = "%s/run"\ngraphroot = "%s/graph"\n' "$dir" "$dir" >storage.conf
export CONTAINERS_STORAGE_CONF="$dir/storage.conf" BUILDAH_ISOLATION=chroot
mkdir context
cp "$(command -v busybox)" context/busybox
printf '%s\n' 'FROM scratch AS first' 'COPY data /data' 'FROM scratch' 'COPY busybox /bin/sh' 'COPY busybox /bin/cp' >context/Containerfile
build() {
  buildah build --quiet --layers --file "$1" --tag localhost/made context >log 2>&1 || skip "Buildah does not build here: $(tail -n 1 log)"
}
# again INSTRUCTION: what the image holds when the file is changed between two builds.
again() {
  { cat context/Containerfile && echo "$1"; } >file
  echo old >context/data
  build file
  echo new >context/data
  build file
  container=$(buildah from --pull-never localhost/made)
  held=$(cat "$(buildah mount "$container")/copy")
  buildah rm "$container" >log
}
again 'COPY --from=first /data /copy'
seen 'COPY --from=first' new "$held"
again 'RUN --mount=type=bind,from=first,source=/data,target=/data cp /data /copy'
seen 'RUN --mount=type=bind,from=first' old "$held"
again 'RUN --mount=type=bind,source=data,target=/data cp /data /copy'
seen 'RUN --mount=type=bind' old "$held"
