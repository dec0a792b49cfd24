#!/bin/sh
# podman import --change and podman commit --change, which apply "instructions" of a Containerfile to an image.
# Versions: Podman 4.3.1 (Debian 12); 5.8.6 does the same.
# Guess:    they mean what they mean in a Containerfile: `ENV B="x y" C=z` is two variables, without quotes, for `podman build`.
# Seen:     it is one variable, B, with the quotes and the second variable in its value; the same for LABEL. No message, exit code 0.
# Matters:  images that are made from an archive of a system, which is how Podman takes one over, start with other values than those that are built.
# Anneal:   writes an image's configuration itself.
# Short:    Podman 4.3.1 (and 5.8.6) | `podman import --change 'ENV B="x y" C=z'` sets two variables, as in a Containerfile | one, whose value is `"x y" C=z`, quotes and all; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman 'version 4.3.1' podman --version
[ "$(id -u)" = 0 ] || skip 'needs root, for storage of its own'
guess '["B=x y","C=z"] and {"m":"a b","n":"c"}, by both'

cd "$dir"
mkdir tree
echo x >tree/file
tar -C tree -cf tree.tar .
asked() { own_podman image inspect "$1" --format "{{json .Config.$2}}" 2>log; }
own_podman import -q --change 'ENV B="x y" C=z' --change 'LABEL m="a b" n=c' tree.tar localhost/imported:1 >log 2>&1 && status=0 || status=$?
[ "$status" = 0 ] || skip "podman does not run here: $(tail -n 1 log)"
seen 'by import, variables' '["B=\"x y\" C=z"]' "$(asked localhost/imported:1 Env)"
seen 'by import, labels' '{"m":"\"a b\" n=c"}' "$(asked localhost/imported:1 Labels)"
printf '%s\n' 'FROM scratch' 'COPY tree/file /file' 'ENV B="x y" C=z' 'LABEL m="a b" n=c' >Containerfile
own_podman build -q --isolation chroot --identity-label=false -t localhost/built:1 . >log 2>&1 || skip "podman does not build here: $(tail -n 1 log)"
seen 'by build, variables' '["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin","B=x y","C=z"]' "$(asked localhost/built:1 Env)"
seen 'by build, labels' '{"m":"a b","n":"c"}' "$(asked localhost/built:1 Labels)"
