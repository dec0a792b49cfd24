#!/bin/sh
# `podman play kube` and a limit of memory with a fraction.
# Versions: Podman 4.3.1 (Debian 12). Podman 5.4.2 and 5.8.6 give the same limit.
# Guess:    `memory: 1.5Gi` is 1610612736 bytes, as Kubernetes has it; `hostPID: true` is obeyed, or refused.
# Seen:     the limit is 1610612736000000000 bytes, 10^9 times as much: none. `1536Mi` is right. Podman 4.3.1 takes no notice of
#           hostPID (newer ones do), and says nothing.
# Matters:  the same file limits a service on Kubernetes, and not on a node with Podman or a quadlet's .kube unit.
# Anneal:   takes releases from Compose files; what it reads of a running container is the limit that the engine set.
# Short:    Podman 4.3.1 (and 5.8.6) | `memory: 1.5Gi` in `podman play kube` is 1.5 GiB | it is 10^9 times as much; `1536Mi` is right
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need podman ' 4.3.1' podman --version
command -v catatonit >/dev/null || skip 'catatonit is missing: Podman makes the pod of it'
[ "$(id -u)" = 0 ] || skip 'needs root: a pod with host namespaces is created (not started)'
run() { podman --root "$dir/store" --runroot "$dir/run" --storage-driver vfs "$@"; }
trap 'run pod rm --all --force >/dev/null 2>&1 || true; rm -rf "$dir"' EXIT
guess '1610612736, and the namespace "host"'

mkdir "$dir/tree"
: >"$dir/tree/program"
tar -C "$dir/tree" -c program | run import - localhost/example:1 >/dev/null 2>&1
cat >"$dir/pod.yaml" <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: node}
spec:
  hostPID: true
  hostNetwork: true
  containers:
  - name: fraction
    image: localhost/example:1
    imagePullPolicy: Never
    command: [/program]
    resources: {limits: {memory: 1.5Gi}}
  - name: whole
    image: localhost/example:1
    imagePullPolicy: Never
    command: [/program]
    resources: {limits: {memory: 1536Mi}}
YAML
run play kube --start=false "$dir/pod.yaml" >"$dir/log" 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'warnings' 0 "$(grep -ciE 'warn|ignor|unsupported' "$dir/log" || true)"
seen 'limit of 1536Mi, bytes' 1610612736 "$(run inspect node-whole --format '{{.HostConfig.Memory}}')"
seen 'limit of 1.5Gi, bytes' 1610612736000000000 "$(run inspect node-fraction --format '{{.HostConfig.Memory}}')"
seen 'namespace of processes' private "$(run inspect node-whole --format '{{.HostConfig.PidMode}}')"
