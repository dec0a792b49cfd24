#!/bin/sh
# podman commit: an image of a container that was made from an image without any variables.
# Versions: Podman 4.3.1 (Debian 12).
# Guess:    the new image has the variables of the old one, and those that were given with --env.
# Seen:     it has container=podman, TERM=xterm and a PATH as well, which Podman gives to the processes of a container.
# Matters:  under Docker, Kubernetes or systemd-nspawn each process of such an image is told that it is in a container of Podman, also an
#           init; and a TERM that nobody asked for is there for ever.
# Anneal:   builds images by layers of its own, with the variables that a release names.
# Short:    Podman 4.3.1 | `podman commit` keeps an image's variables | container=podman, TERM=xterm and a PATH are added to the image
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman 'version 4.3.1' podman --version
[ "$(id -u)" = 0 ] || skip 'needs root, for storage of its own'
guess '["A=1"] before, ["A=1","B=2"] after'

cd "$dir"
mkdir tree
echo x >tree/file
tar -C tree -cf tree.tar .
variables() { own_podman image inspect "$1" --format '{{range .Config.Env}}{{println .}}{{end}}' 2>log | grep . | sort | paste -sd ' '; }
own_podman import -q --change 'ENV A=1' tree.tar localhost/before:1 >log 2>&1 || skip "podman does not run here: $(tail -n 1 log)"
own_podman create --name one --env B=2 localhost/before:1 /file >log 2>&1
own_podman commit -q one localhost/after:1 >log 2>&1
seen 'variables before' 'A=1' "$(variables localhost/before:1)"
seen 'variables after' 'A=1 B=2 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=xterm container=podman' "$(variables localhost/after:1)"
