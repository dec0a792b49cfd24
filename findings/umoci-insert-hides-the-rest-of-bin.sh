#!/bin/sh
# A file that `umoci insert` puts into /bin of an image in which /bin is a link to usr/bin, as it is everywhere today.
# Versions: umoci 0.4.7 (Debian 12; 0.6.0 writes the same layer), Podman 4.3.1.
# Guess:    the file is in /usr/bin, /bin is the link still, and it makes no difference which storage driver Podman uses.
# Seen:     the layer has bin/tool alone. By umoci and by Podman with vfs it is as guessed. With overlay /bin is a directory in which
#           tool is alone: sh is nowhere in /bin. The same image, the same Podman; no message.
# Matters:  the container of a node starts nothing by /bin/sh any more, though `umoci unpack` and a test with vfs show that all is there.
# Anneal:   follows the link when it joins layers, as umoci and vfs do.
# Short:    umoci 0.4.7 (and 0.6.0), Podman 4.3.1 | `umoci insert` of a file into /bin, a link to usr/bin, leaves the link | by umoci and Podman's vfs it does; with overlay /bin is a directory with that file alone
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
need umoci 0.4.7 dpkg-query -W umoci
need podman 4.3.1 podman --version
guess 'link sh tool, by umoci, vfs and overlay'

cd "$dir"
driver=vfs
own_podman() {
  podman --root "$dir/$driver" --runroot "$dir/run-$driver" --storage-driver "$driver" --cgroup-manager cgroupfs --events-backend none "$@"
}
end() {
  own_podman image unmount --all >/dev/null 2>&1 || true
  umount "$dir/overlay/overlay" 2>/dev/null || true
  rm -rf "$dir"
}
trap end EXIT
mkdir -p base/usr/bin
echo sh >base/usr/bin/sh
ln -s usr/bin base/bin
echo tool >tool
umoci init --layout oci
umoci new --image oci:node
umoci insert --image oci:node base / >log 2>&1
umoci insert --image oci:node tool /bin/tool >>log 2>&1
umoci unpack --image oci:node bundle >>log 2>&1
bin() {
  if [ -L "$1/bin" ]; then printf 'link '; else printf 'directory '; fi
  ls "$1/bin/" | paste -sd ' ' -
}
seen umoci 'link sh tool' "$(bin bundle/rootfs)"
for driver in vfs overlay; do
  own_podman pull --quiet oci:oci:node >id 2>>log || skip "podman does not pull with $driver here: $(tail -n 1 log)"
  mounted=$(own_podman image mount "$(cat id)")
  is=$(bin "$mounted")
  own_podman image unmount --all >/dev/null
  if [ "$driver" = vfs ]; then seen vfs 'link sh tool' "$is"; else seen overlay 'directory tool' "$is"; fi
done
