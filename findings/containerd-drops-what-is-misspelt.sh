#!/bin/sh
# A configuration of containerd with keys and tables that it does not have.
# Versions: containerd 1.6.20 (Debian 12); 2.1.9 warns of them.
# Guess:    it is refused, or `containerd config dump`, which shows what counts, warns of it.
# Seen:     SystemdCgroup one table too high, `snapshoter`, `[metrix]` and a table of a plugin that is not there: all are left out
#           of what is shown. No message, exit code 0.
# Matters:  a node of Kubernetes runs with cgroupfs beside a kubelet with systemd, as SystemdCgroup stands in the table of the runtime
#           and not in its `options`: pods are killed under load, or outlive the unit.
# Anneal:   asks the kernel for cgroups, and not the configuration.
# Short:    containerd 1.6.20 (not 2.1.9) | `config dump` refuses keys that it does not have, or warns | they are left out, SystemdCgroup one table too high as well; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need containerd 1.6.20 containerd --version
guess 'an error, or four warnings'

cat >"$dir/config.toml" <<'TOML'
version = 2
[metrix]
  address = "127.0.0.1:1338"
[plugins."io.containerd.grpc.v1.cri".containerd]
  snapshoter = "native"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    SystemdCgroup = true
[plugins."io.containerd.nosuch.v1.plugin"]
  key = 1
TOML
containerd -c "$dir/config.toml" config dump >"$dir/out" 2>"$dir/err" && status=0 || status=$?
seen 'exit code and message' '0 ' "$status $(cat "$dir/err")"
grep -q 'runtime_type = "io.containerd.runc.v2"' "$dir/out" || skip 'this build of containerd has no CRI'
for word in metrix snapshoter SystemdCgroup nosuch; do
  seen "lines with $word" 0 "$(grep -c "$word" "$dir/out" || true)"
done
