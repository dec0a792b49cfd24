#!/bin/sh
# An unpacked image whose /usr/sbin becomes a link to bin, as distributions merge them; packed again by umoci.
# Versions: umoci 0.4.7 (Debian 12), and 0.6.0 does the same; Podman 4.3.1.
# Guess:    the new layer has the link and what was moved, and each engine shows usr/bin as it was packed.
# Seen:     behind the link the layer has a whiteout for each name of the old directory: usr/sbin -> bin, usr/sbin/.wh.ip. Who reads the
#           layer follows the link. umoci itself loses usr/bin/ls, which nobody touched, as usr/sbin had a link of that name.
#           Podman loses usr/bin/ip as well, which the same layer has just brought. No message, exit code 0.
# Matters:  programs are gone in the container that runs, and there in the tree that was packed.
# Anneal:   reads such a layer as umoci does.
# Short:    umoci 0.4.7 (and 0.6.0), Podman 4.3.1 | /usr/sbin is made a link to bin, and all is there | whiteouts behind the link delete from usr/bin: by Podman what was moved, too
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'needs root, for owners and storage of its own'
need umoci 0.4.7 umoci --version
need podman 4.3.1 podman --version
command -v jq >/dev/null || skip 'jq is missing'
guess 'usr/bin/ip and usr/bin/ls'

cd "$dir"
umoci init --layout oci
umoci new --image oci:old
mkdir -p tree/usr/bin tree/usr/sbin
echo ls >tree/usr/bin/ls
echo ip >tree/usr/sbin/ip
ln -s ../bin/ls tree/usr/sbin/ls
umoci insert --image oci:old tree / >log 2>&1
umoci unpack --image oci:old bundle >>log 2>&1
mv bundle/rootfs/usr/sbin/ip bundle/rootfs/usr/bin/ip
rm -r bundle/rootfs/usr/sbin
ln -s bin bundle/rootfs/usr/sbin
umoci repack --image oci:new bundle >>log 2>&1

blob() { echo "oci/blobs/sha256/${1#sha256:}"; }
manifest=$(jq -r '.manifests[] | select(.annotations["org.opencontainers.image.ref.name"] == "new").digest' oci/index.json)
layer=$(jq -r '.layers[-1].digest' "$(blob "$manifest")")
seen 'files and links of the new layer' 'usr/bin/ip usr/sbin usr/sbin/.wh.ip usr/sbin/.wh.ls' "$(tar -tzf "$(blob "$layer")" | grep -v '/$' | paste -sd ' ' -)"
umoci unpack --image oci:new again >>log 2>&1
seen 'usr/bin, by umoci' ip "$(ls again/rootfs/usr/bin | paste -sd ' ' -)"
own_podman pull --quiet oci:oci:new >id 2>>log || skip "podman does not pull here: $(tail -n 1 log)"
mounted=$(own_podman image mount "$(cat id)")
seen 'usr/bin, by Podman' '' "$(ls "$mounted/usr/bin" | paste -sd ' ' -)"
own_podman image unmount --all >/dev/null
