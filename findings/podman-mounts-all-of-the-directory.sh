#!/bin/sh
# A pod that mounts a part of a host's directory (subPath), for `podman play kube`.
# Versions: Podman 4.3.1 (Debian 12). 5.8.6 takes the part.
# Guess:    the part is mounted, as by Kubernetes, or the file is refused.
# Seen:     the whole directory is mounted in its place. Of an environment from a ConfigMap the prefix is left out, in 5.8.6, too. No warning.
# Matters:  the container sees, and writes into, the directories of all others; its own files are one level deeper than it looks for them.
# Anneal:   imports no pods; a mount of a release names the directory itself.
# Short:    Podman 4.3.1 (not 5.8.6) | `subPath: own` of a pod's mount is that part of the host's directory in `podman play kube` | the whole directory is mounted, and the prefix of `envFrom` is left out; no warning
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

podman_pods
guess 'the directory "own", and DB_HOST'

cd "$dir"
mkdir -p tree services/own services/other
: >tree/program
tar -C tree -c . | own_podman import - localhost/example:1 >log 2>&1 || skip "podman does not import here: $(tail -n 1 log)"
cat >pod.yaml <<YAML
apiVersion: v1
kind: ConfigMap
metadata: {name: settings}
data: {HOST: db}
---
apiVersion: v1
kind: Pod
metadata: {name: node}
spec:
  hostNetwork: true
  volumes: [{name: data, hostPath: {path: $dir/services, type: Directory}}]
  containers:
  - name: api
    image: localhost/example:1
    imagePullPolicy: Never
    command: [/program]
    envFrom: [{configMapRef: {name: settings}, prefix: DB_}]
    volumeMounts: [{name: data, mountPath: /data, subPath: own}]
YAML
own_podman play kube --start=false pod.yaml >log 2>&1 || skip "podman does not play here: $(tail -n 1 log)"
seen warnings 0 "$(grep -ciE 'warn|ignor|unsupported' log || true)"
own_podman inspect node-api --format '{{range .Mounts}}{{println .Destination .Source}}{{end}}' >mounts
seen 'what is at /data' "$dir/services" "$(sed -n 's|^/data ||p' mounts)"
seen 'the variable' HOST=db "$(own_podman inspect node-api --format '{{range .Config.Env}}{{println .}}{{end}}' | grep HOST=)"
