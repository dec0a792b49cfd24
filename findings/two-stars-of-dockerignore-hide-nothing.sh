#!/bin/sh
# Two stars right before a name in .dockerignore, as in .gitignore.
# Versions: Podman 4.3.1 (Debian 12).
# Guess:    `**.key` leaves out every file that ends so, as it does in .gitignore and in a shell with globstar.
# Seen:     all of them are in the image. The stars stand for whole directories, so the rest is the whole name of a file: only one that
#           is named ".key" is left out. `**/*.key` leaves out all. No message.
# Matters:  keys, .env files and build results are in the image, and in the registry.
# Anneal:   builds no images.
# Short:    Podman 4.3.1 | `**.key` in .dockerignore leaves out all such files, as for git | it leaves out a file that is named ".key"; all others are in the image
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman 'version 4.3.1' podman --version
need tar 'GNU tar' tar --version
command -v git >/dev/null || skip 'git is missing'
[ "$(id -u)" = 0 ] || skip 'needs root, for storage of its own'
guess 'Containerfile deploy/other'

cd "$dir"
mkdir -p context/deploy/deep
for file in .key server.key deploy/server.key deploy/deep/ca.key deploy/other; do echo text >"context/$file"; done
printf '%s\n' 'FROM scratch' 'COPY . /' >context/Containerfile
files_with() {
  printf '%s\n' "$1" .dockerignore >context/.dockerignore
  own_podman build --quiet --no-cache --tag localhost/example:1 context >log 2>&1 || skip "podman does not build here: $(tail -n 1 log)"
  rm -rf out
  own_podman save --quiet --format docker-dir --output out localhost/example:1 >log 2>&1
  for layer in out/*; do tar -tf "$layer" 2>/dev/null || true; done | grep -v '/$' | sort | paste -sd ' ' -
}
git init -q context
printf '%s\n' '**.key' .gitignore >context/.gitignore
seen 'files that git takes' 'Containerfile deploy/other' "$(git -C context ls-files --others --exclude-standard | sort | paste -sd ' ' -)"
rm -rf context/.git context/.gitignore
seen 'files of the image, **/*.key' 'Containerfile deploy/other' "$(files_with '**/*.key')"
seen 'files of the image, **.key' 'Containerfile deploy/deep/ca.key deploy/other deploy/server.key server.key' "$(files_with '**.key')"
