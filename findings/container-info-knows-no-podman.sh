#!/bin/sh
# A process of a container by its cgroup, as /proc/PID/cgroup of a host with cgroup v2 and systemd has it, read by container-info.
# Versions: container-info 1.1.0.
# Guess:    the container's ID is found for Podman as for Docker and CRI-O.
# Seen:     for Podman it is missing, since its processes are one level further down: libpod-….scope/container. With cgroupfs, and for
#           Docker, containerd and CRI-O, it is there. No error.
# Matters:  what is measured and logged of a Podman host is the host's, not the container's: which agent or libvirt it was is lost.
# Anneal:   asks the engine whose a process is, and looks for the ID anywhere in the path.
# Short:    container-info 1.1.0 | a process of a Podman container with systemd and cgroup v2 has its container's ID | it has none; Docker's, containerd's and CRI-O's have theirs; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages container-info@1.1.0
guess 'the ID, five times'

cd "$dir"
cat >read.cjs <<'JS'
const { parse } = require('container-info')
const id = '3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860'
const pod = '/kubepods.slice/kubepods-pod90d81341_92de_11e7_8cf2_507b9d4141fa.slice'
const paths = {
  docker: `/system.slice/docker-${id}.scope`,
  containerd: `${pod}/cri-containerd-${id}.scope`,
  crio: `${pod}/crio-${id}.scope`,
  'podman with cgroupfs': `/libpod_parent/libpod-${id}`,
  'podman with systemd': `/machine.slice/libpod-${id}.scope/container`,
}
for (const [name, path] of Object.entries(paths)) console.log(`${name}: ${parse(`0::${path}\n`).containerId === id}`)
JS
node read.cjs >out
said() { sed -n "s/^$1: //p" out; }
seen 'Docker, containerd, CRI-O' 'true true true' "$(said docker) $(said containerd) $(said crio)"
seen 'Podman with cgroupfs' true "$(said 'podman with cgroupfs')"
seen 'Podman with systemd' false "$(said 'podman with systemd')"
