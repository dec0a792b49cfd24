#!/bin/bash
# Runs a program on a host whose first process is the systemd of a root tree; the host ends with the program:
#
#     on-systemd.sh ROOT machine|v1|v2 WRITABLE REPOSITORY PROGRAM [ARGUMENT…]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
repository=$4
group=annealhost$$
mounts=()
while read -r _ _ _ _ mount _; do mounts+=("$mount"); done < <(grep -E ' - cgroup2? ' /proc/self/mountinfo)

# Enters a group of each hierarchy; one of v1's cpuset that is new has no processor yet.
enter() {
  for mount in "${mounts[@]}"; do
    mkdir -p "$mount/$1"
    for file in cpuset.cpus cpuset.mems; do
      [[ ! -e $mount/$file || -n $(cat "$mount/$1/$file") ]] || cat "$mount/$file" >"$mount/$1/$file"
    done
    echo $$ >"$mount/$1/cgroup.procs"
  done
}

end() {
  # With its first process all of a pid namespace end.
  [[ -z ${systemd:-} ]] || kill -KILL "$systemd" 2>/dev/null || true
  wait "$boot" 2>/dev/null || true
  enter .
  for mount in "${mounts[@]}"; do find "$mount/$group" -depth -type d -exec rmdir {} \; 2>/dev/null || true; done
}

enter "$group"
log=$3/systemd.log
unshare --mount --propagation private --cgroup --pid --fork --kill-child --uts --ipc \
  env container=docker bash "$here/enter.sh" "$1" "$2-systemd" "$3" "$repository" \
  /lib/systemd/systemd --unit=pods.target --log-target=console --log-level=notice >"$log" 2>&1 </dev/null &
boot=$!
trap end EXIT
enter "$group/lab"
on_host() {
  nsenter --target "$systemd" --all env --unset=NODE_EXTRA_CA_CERTS --chdir="$repository" \
    PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
}
for ((look = 0; look < 600; look++)); do
  systemd=$(pgrep --parent "$boot") || systemd=
  [[ -z $systemd || $(cat "/proc/$systemd/comm") != systemd ]] || ! on_host systemctl is-system-running >/dev/null 2>&1 || break
  kill -0 "$boot" 2>/dev/null || { cat "$log" >&2; exit 1; }
  sleep 0.1
done
shift 4
on_host "$@"
