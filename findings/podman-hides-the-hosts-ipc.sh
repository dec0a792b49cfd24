#!/bin/sh
# podman inspect and the IPC namespace of a container.
# Versions: Podman 4.3.1 (Debian 12).
# Guess:    HostConfig.IpcMode says "host" for a container made with --ipc=host, as PidMode does for --pid=host.
# Seen:     it says "shareable", for --ipc=host as for --ipc=private. PidMode of the same container says "host".
# Matters:  whoever makes a container again from its inspection (an upgrade, a migration from Docker) takes the host's IPC
#           from a super-privileged container without a word.
# Anneal:   makes containers from the release, not from their inspection.
# Short:    Podman 4.3.1 | inspect says IpcMode "host" for --ipc=host | it says "shareable"; PidMode says "host"
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need podman 'version 4.3.1' podman --version
[ "$(id -u)" = 0 ] || skip 'needs root, for storage of its own'
guess 'host'

cd "$dir"
mkdir -p tree/bin
echo program >tree/bin/program
tar -C tree -cf tree.tar .
own_podman import -q tree.tar localhost/tree:1 >/dev/null 2>&1
own_podman create --name spc --pid=host --ipc=host localhost/tree:1 /bin/program >/dev/null 2>&1
seen 'PidMode and IpcMode' 'host shareable' \
  "$(own_podman inspect spc --format '{{.HostConfig.PidMode}} {{.HostConfig.IpcMode}}' 2>/dev/null)"
