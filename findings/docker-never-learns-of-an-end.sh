#!/bin/sh
# A container with --restart=always whose process ends while containerd is down for half a minute, as during a long update of its package.
# Versions: dockerd 20.10.24, containerd 1.6.20 (Debian 12). Docker 26.1.5 with containerd 1.7.24 (Debian 13) does the same.
# Guess:    once containerd is back, Docker finds that the process is gone, and its restart policy starts the container.
# Seen:     Docker calls it running for ever and does not restart it; `docker start` ends with 0 and starts nothing. `docker stop` takes its
#           ten seconds, and then Docker knows. With containerd down for a second or two it is told.
# Matters:  libvirt or nova-compute is down on a node that `docker ps` and its monitoring call healthy.
# Anneal:   looks at the process itself. Such a container has ended, the doctor says so, and recover stops and starts it.
# Short:    dockerd 20.10.24 (and 26.1.5), containerd 1.6.20 | Docker notices, at the latest when containerd is back, that a container has ended, and restarts it | it is "Up"; `docker start` ends with 0 and starts nothing; `--restart=always` does nothing
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
need containerd 1.6.20 containerd --version

start_containerd() {
  containerd --address "$dir/c.sock" --root "$dir/c-root" --state "$dir/c-state" >>"$dir/c-log" 2>&1 &
  containerd=$!
  for _ in $(seq 150); do
    ctr --address "$dir/c.sock" version >/dev/null 2>&1 && return
    kill -0 "$containerd" 2>/dev/null || break
    sleep 0.2
  done
  skip "containerd does not run here: $(tail -n 1 "$dir/c-log")"
}
start_containerd
start_dockerd --containerd="$dir/c.sock"
guess 'restarted'

# What Docker says of the container, and whether its process is there.
now() {
  pid=$(docker inspect --format '{{.State.Pid}}' one)
  process='no process'
  [ "$pid" = 0 ] || [ ! -e "/proc/$pid" ] || process='a process'
  echo "$(docker inspect --format '{{.State.Status}}' one), $process"
}
end_while_down() {
  docker rm -f one >/dev/null 2>&1 || true
  docker run -d --name one --network none --restart=always small:1 sleep 999 >/dev/null
  pid=$(docker inspect --format '{{.State.Pid}}' one)
  kill "$containerd" && wait "$containerd" || true
  kill -9 "$pid"
  sleep "$1"
  start_containerd
  sleep 10
}
end_while_down 1
seen 'containerd was down for a second' 'running, a process' "$(now)"
end_while_down 40
seen 'containerd was down for 40 seconds' 'running, no process' "$(now)"
docker start one >/dev/null
seen 'docker start' '0, running, no process' "$?, $(now)"
docker stop -t 1 one >/dev/null
seen 'docker stop' '0, exited, no process' "$?, $(now)"
docker start one >/dev/null
seen 'docker start after it' '0, running, a process' "$?, $(now)"
