#!/bin/sh
# A pod whose variables and arguments use another variable as $(NAME), for `podman play kube`.
# Versions: Podman 4.3.1 (Debian 12). 5.8.6 puts the value into arguments, and not into variables.
# Guess:    $(HOST) is the value of HOST in both, and $$(HOST) is the text $(HOST), as Kubernetes defines it; or a warning.
# Seen:     the text $(HOST) is in the variable and in the argument, and $$(HOST) keeps both dollars. No warning.
# Matters:  the service gets http://$(HOST):5000 as its endpoint; a shell in the container runs HOST as a command.
# Anneal:   imports no pods; a release has each value as it is.
# Short:    Podman 4.3.1 (and 5.8.6 for variables) | `$(HOST)` in a pod's variables and arguments is the value of HOST in `podman play kube` | the text `$(HOST)` is the value; `$$(HOST)` keeps both dollars; no warning
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

podman_pods
guess 'http://db:5000, twice, and $(HOST)'

cd "$dir"
mkdir tree
: >tree/program
tar -C tree -c . | own_podman import - localhost/example:1 >log 2>&1 || skip "podman does not import here: $(tail -n 1 log)"
cat >pod.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: node}
spec:
  hostNetwork: true
  containers:
  - name: api
    image: localhost/example:1
    imagePullPolicy: Never
    command: [/program]
    args: ['http://$(HOST):5000', '$$(HOST)']
    env:
    - {name: HOST, value: db}
    - {name: ENDPOINT, value: 'http://$(HOST):5000'}
YAML
own_podman play kube --start=false pod.yaml >log 2>&1 || skip "podman does not play here: $(tail -n 1 log)"
seen warnings 0 "$(grep -ciE 'warn|ignor' log || true)"
seen 'the variable' 'http://$(HOST):5000' "$(own_podman inspect node-api --format '{{range .Config.Env}}{{println .}}{{end}}' | sed -n 's/^ENDPOINT=//p')"
seen 'the arguments' 'http://$(HOST):5000 $$(HOST)' "$(own_podman inspect node-api --format '{{range .Args}}{{println .}}{{end}}' | grep . | paste -sd ' ' -)"
