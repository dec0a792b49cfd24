#!/bin/sh
# podman start -a of a container that runs.
# Versions: Podman 5.4.2, runc 1.1.15 (Debian 13).
# Guess:    it attaches to the container and waits for its end, as docker start -a does, and as podman start without -a succeeds.
# Seen:     it tries to start the container a second time and ends with 125. podman start ends with 0, podman attach attaches.
# Matters:  a unit with ExecStart=podman start -a NAME, as Kolla writes them, fails when somebody else has started the container, and then its
#           ExecStop=podman stop NAME stops it.
# Anneal:   gives such a unit back with podman attach as its first command.
# Short:    Podman 5.4.2 | `start -a` of a container that runs attaches to it | it ends with 125; `start` ends with 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

guess 'start -a waits, as attach does'

podman_5
cat >root/try <<'END'
p() { /p "$@" >/dev/null; }
p import -q /tree.tar localhost/tree:1
p run -d --name c --network none localhost/tree:1 /bin/busybox sleep 60
running=$?
p start -a c; with=$?
p start c; without=$?
p attach --no-stdin c &
/bin/busybox sleep 3
attach=ended
kill -0 $! && attach=waits
p rm -f -t 0 c
echo "run $running, start -a $with, start $without, attach $attach"
END
seen 'exit codes' 'run 0, start -a 125, start 0, attach waits' "$(in_podman_5 | tail -n 1)"
