#!/bin/sh
# A service with the host's namespaces, run by podman-compose.
# Versions: podman-compose 1.6.0 (Debian sid); the podman in this script answers what it is asked, and starts nothing.
# Guess:    each key becomes the option of `podman create` that Podman has for it, or a warning says that it is not supported.
# Seen:     ipc, uts, cgroup, oom_score_adj, memswap_limit and volumes_from are left out. Of extra_hosts as a mapping the names
#           are left, without addresses; a tmpfs of mode 0755 gets 493. No message, exit code 0. pid and network_mode are there.
# Matters:  a super-privileged container runs in an IPC and a UTS namespace of its own, and without its files and limits.
# Anneal:   gives the namespaces and limits of a service to the engine, and refuses keys that it does not know.
# Short:    podman-compose 1.6.0 | `ipc: host` and `uts: host` become Podman’s options, as `pid: host` does | they are left out, as are four other keys; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/podman-compose/podman-compose_1.6.0-1_all.deb p/python-dotenv/python3-dotenv_0.21.0-1_all.deb
guess '--ipc, --uts, --cgroupns, --oom-score-adj, --memory-swap, --volumes-from, --add-host a:192.0.2.1'

cd "$dir"
cat >podman <<'PODMAN'
#!/bin/sh
case $1 in
--version) echo podman version 5.4.2 ;;
ps) echo '[]' ;;
esac
PODMAN
chmod +x podman
cat >compose.yaml <<'YAML'
name: p
services:
  other: { image: img }
  libvirt:
    image: img
    privileged: true
    pid: host
    ipc: host
    uts: host
    cgroup: host
    network_mode: host
    oom_score_adj: -500
    memswap_limit: 2g
    volumes_from: [other]
    extra_hosts: { a: 192.0.2.1 }
    volumes: [{ type: tmpfs, target: /t, tmpfs: { mode: 0755 } }]
YAML
PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 root/usr/bin/podman-compose --podman-path "$dir/podman" --verbose \
  --dry-run up -d >log 2>&1 && status=0 || status=$?
command=$(grep ' create --name=p_libvirt_1' log) || skip "podman-compose does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
seen 'warnings' 0 "$(grep -cE '^(WARN|ERROR)' log || true)"
seen 'pid' '--pid host' "$(echo "$command" | grep -o -- '--pid host')"
seen 'network' '--network=host' "$(echo "$command" | grep -o -- '--network=host')"
for option in ipc uts cgroupns oom-score-adj memory-swap volumes-from; do
  seen "$option" no "$(echo "$command" | grep -q -- "--$option" && echo yes || echo no)"
done
seen 'extra_hosts' '--add-host a' "$(echo "$command" | grep -o -- '--add-host [^ ]*')"
seen 'tmpfs' '--tmpfs /t:mode=493' "$(echo "$command" | grep -o -- '--tmpfs [^ ]*')"
