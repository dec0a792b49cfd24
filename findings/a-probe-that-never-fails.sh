#!/bin/sh
# A liveness probe of a pod whose URL has two parameters, and one that is a command with a text of several words; for `podman play kube`.
# Versions: Podman 4.3.1 (Debian 12). 5.8.6 does the same with the URL, and keeps the command.
# Guess:    the URL is asked, and the command is run as the list that it is, as by Kubernetes.
# Seen:     both become a line for a shell, without quotes: `curl -f http://…/health?a=1&b=2 || exit 1`. What is behind the & always
#           succeeds, and curl is in the background. Of `sh -c "exit 1"` the shell gets `sh -c exit 1 || exit 1`, where 1
#           is the name of the script, and that succeeds as well. No warning.
# Matters:  the container is healthy for ever, or another command decides about it.
# Anneal:   gives Podman the words of a health check as a list, which keeps them apart.
# Short:    Podman 4.3.1 (and 5.8.6) | the liveness probe `/health?a=1&b=2` of a pod fails where nothing answers | it always succeeds: a shell takes the & for the end of a command; 4.3.1 joins a command's words; no warning
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

podman_pods
command -v busybox >/dev/null || skip 'busybox is missing'
guess 'nothing answers: both fail'

cd "$dir"
mkdir -p tree/bin
cp "$(command -v busybox)" tree/bin/busybox
for name in sh sleep true false; do ln -s busybox "tree/bin/$name"; done
printf '#!/bin/sh\nexit 7\n' >tree/bin/curl
chmod +x tree/bin/curl
tar -C tree -c . | own_podman import - localhost/example:1 >log 2>&1 || skip "podman does not import here: $(tail -n 1 log)"
cat >pod.yaml <<'YAML'
apiVersion: v1
kind: Pod
metadata: {name: node}
spec:
  hostNetwork: true
  containers:
  - {name: one, image: localhost/example:1, imagePullPolicy: Never, command: [/bin/sleep, '60'],
     livenessProbe: {httpGet: {path: /health, port: 1}}}
  - {name: two, image: localhost/example:1, imagePullPolicy: Never, command: [/bin/sleep, '60'],
     livenessProbe: {httpGet: {path: '/health?a=1&b=2', port: 1}}}
  - {name: list, image: localhost/example:1, imagePullPolicy: Never, command: [/bin/sleep, '60'],
     livenessProbe: {exec: {command: [/bin/sh, -c, 'exit 1']}}}
YAML
own_podman play kube --start=false pod.yaml >log 2>&1 || skip "podman does not play here: $(tail -n 1 log)"
seen warnings 0 "$(grep -ciE 'warn|ignor' log || true)"
# answer NAME: the exit code of the line that Podman gives to a shell.
answer() {
  own_podman inspect "node-$1" --format '{{index .Config.Healthcheck.Test 0}}{{range $i, $w := .Config.Healthcheck.Test}}{{if $i}} {{$w}}{{end}}{{end}}' |
    sed -n 's/^CMD-SHELL //p' >line
  chroot tree /bin/sh -c "$(cat line)" >/dev/null 2>&1 && echo 0 || echo $?
}
seen 'no parameters' 1 "$(answer one)"
seen 'two parameters' 0 "$(answer two)"
seen 'the line' 'curl -f http://localhost:1/health?a=1&b=2 || exit 1' "$(cat line)"
seen "sh -c 'exit 1'" 0 "$(answer list)"
seen 'the line' '/bin/sh -c exit 1 || exit 1' "$(cat line)"
