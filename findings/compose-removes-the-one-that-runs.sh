#!/bin/sh
# Two containers with the labels of one service of Compose, both as the file says; the older one has been stopped.
# Versions: Docker Compose 2.40.3 (Debian sid) and 2.26.1 (Debian 13), dockerd 20.10.24; 1.29.2 does as 2.40.3.
# Guess:    `up -d` keeps the container that runs, as nothing has changed, and at most removes the one that is stopped.
# Seen:     2.40.3 stops and removes the one that runs and starts the stopped one; 2.26.1 removes the stopped one. Exit code 0.
# Matters:  who gives a stand-in the labels of the container that it stands in for, so that `ps` lists it, loses the stand-in.
# Anneal:   gives its containers no label of Compose, and refuses a release that sets one.
# Short:    Docker Compose 2.40.3 (and 2.26.1) | of two containers of one service `up -d` keeps the one that runs | 2.40.3 removes it and starts the one that was stopped; 2.26.1 removes the stopped one
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

for version in 2.26.1-4 2.40.3-3; do
  debian_files "d/docker-compose/docker-compose_${version}_$(dpkg --print-architecture).deb"
  mv "$dir/root/usr/libexec/docker/cli-plugins/docker-compose" "$dir/compose-$version"
done
start_dockerd
guess 'the one that runs is kept'

mkdir -p "$dir/nova"
cat >"$dir/nova/compose.yaml" <<'YAML'
services:
  libvirt: { image: "small:1", network_mode: none, stop_grace_period: 1s, command: [sleep, "999"] }
YAML

remains() {
  (cd "$dir/nova" && "$dir/compose-$1" up -d >"$dir/out" 2>&1) || skip "Compose $1 does not run here: $(tail -n 1 "$dir/out")"
  first=$(docker ps -q --no-trunc)
  docker stop -t 1 "$first" >/dev/null
  docker inspect --format '{{range $name, $value := .Config.Labels}}{{$name}}={{$value}}{{println}}{{end}}' "$first" |
    grep '^com\.docker\.compose' >"$dir/labels"
  second=$(docker run -d --network none --label-file "$dir/labels" --name stand-in small:1 sleep 999)
  sleep 1
  (cd "$dir/nova" && "$dir/compose-$1" up -d >"$dir/out" 2>&1) || { echo "exit code $?"; return; }
  for id in $(docker ps -q --no-trunc); do
    case $id in "$first") echo 'the stopped one, started' ;; "$second") echo 'the one that ran' ;; esac
  done
  docker ps -aq | xargs -r docker rm -f >/dev/null
}
seen 'after up -d of 2.26.1 there is' 'the one that ran' "$(remains 2.26.1-4)"
seen 'after up -d of 2.40.3 there is' 'the stopped one, started' "$(remains 2.40.3-3)"
