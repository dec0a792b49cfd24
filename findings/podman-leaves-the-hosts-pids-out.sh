#!/bin/sh
# `podman generate kube` of a super-privileged container.
# Versions: Podman 4.3.1 (Debian 12). Podman 5.8.6 leaves out the same two, and writes the tmpfs right.
# Guess:    the pod has hostPID and hostNetwork, and the mount of /run is Bidirectional, as the container's is rshared.
# Seen:     hostNetwork is there. hostPID and mountPropagation are not, and there is no warning. The tmpfs becomes a directory of
#           the host with the relative path "tmpfs".
# Matters:  the pod starts, and is another thing: its libvirtd sees no process of the host, and no mount reaches the host.
# Anneal:   never goes through this file: it reads containers by the engine's own API.
# Short:    Podman 4.3.1 (and 5.8.6) | `podman generate kube` of a super-privileged container gives such a pod | hostPID and the propagation of mounts are left out; no warning
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need podman ' 4.3.1' podman --version
[ "$(id -u)" = 0 ] || skip 'needs root: a container with host namespaces is created (not started)'
run() { podman --root "$dir/store" --runroot "$dir/run" --storage-driver vfs "$@"; }
trap 'run rm --all >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
guess 'hostPID: true, mountPropagation: Bidirectional, emptyDir'

mkdir "$dir/tree"
: >"$dir/tree/program"
tar -C "$dir/tree" -c program | run import - localhost/example:1 >/dev/null 2>&1
run create --name libvirt --privileged --pid=host --network=host --volume /run:/run:rshared --tmpfs /scratch \
  localhost/example:1 /program >/dev/null
seen 'namespace of the container' host "$(run inspect libvirt --format '{{.HostConfig.PidMode}}')"
run generate kube libvirt >"$dir/pod.yaml" 2>"$dir/log" && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'warnings' '' "$(cat "$dir/log")"
count() { grep -c "$1" "$dir/pod.yaml" || true; }
seen 'lines with hostNetwork: true' 1 "$(count 'hostNetwork: true')"
seen 'lines with hostPID' 0 "$(count hostPID)"
seen 'lines with mountPropagation' 0 "$(count mountPropagation)"
seen 'path of the tmpfs on the host' tmpfs "$(sed -n 's/^ *path: \([^/].*\)/\1/p' "$dir/pod.yaml")"
