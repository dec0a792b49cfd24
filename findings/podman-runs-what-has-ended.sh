#!/bin/sh
# A container with --restart=always whose conmon was killed, as by the kernel for want of memory or with the session that it is in, and
# then its process.
# Versions: Podman 5.4.2, runc 1.1.15 (Debian 13). 4.3.1 says "running" as well.
# Guess:    Podman finds that the process is gone: ps says so, start starts the container, the restart policy does.
# Seen:     ps says that it runs, and start ends with 0 and starts nothing. The first restart fails with 125; from then on Podman knows that
#           the container has ended.
# Matters:  checks that ask `podman ps` see libvirt or nova-compute running, and `podman start` in a script says that all is well.
# Anneal:   looks at the process itself. Such a container counts as dead, the doctor warns while the process lives, and recover creates it anew.
# Short:    Podman 5.4.2 (and 4.3.1) | a container whose conmon and process were killed has ended for `podman ps`, and `podman start` starts it | it is "Up"; `start` ends with 0 and starts nothing; `--restart=always` does nothing
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

guess 'exited, then started'

podman_5
cat >root/try <<'END'
/p import -q /tree.tar localhost/tree:1 >/dev/null
/p run -d --name c --restart=always --network none localhost/tree:1 /bin/busybox sleep 600 >/dev/null
pid=$(/p inspect c --format '{{.State.Pid}}')
kill -9 "$(/p inspect c --format '{{.State.ConmonPid}}')"
kill -9 "$pid"
/bin/busybox sleep 3
runs() { [ -e "/proc/$(/p inspect c --format '{{.State.Pid}}')" ] && echo runs || echo none; }
state() { /p ps --all --format '{{.State}}'; }
echo "$(state), process $(runs)"
/p start c >/dev/null
echo "$?, $(state), process $(runs)"
/p restart -t 0 c >/dev/null
echo "$?, $(state)"
/p rm -f -t 0 c >/dev/null
END
in_podman_5 >said
seen 'podman ps' 'running, process none' "$(sed -n 1p said)"
seen 'podman start' '0, running, process none' "$(sed -n 2p said)"
seen 'podman restart' '125, exited' "$(sed -n 3p said)"
