#!/bin/sh
# `ovs-vsctl --may-exist add-port` with settings.
# Versions: Open vSwitch 3.1.0 (Debian 12); only its database runs, no switch.
# Guess:    the port has the tag that was asked for, if it was there before or not; else an error.
# Seen:     where the port exists, its settings are left as they were: the old VLAN. Exit code 0, no message. A `-- set port`
#           in the same call is what does it.
# Matters:  a script that can be repeated, run with another VLAN, says that all is well, and the guest stays in the old network.
# Anneal:   configures no switches: the network agent of a release does.
# Short:    Open vSwitch 3.1.0 | `--may-exist add-port … tag=7` gives the port tag 7 | a port that exists keeps its old tag; exit code 0
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

debian_files o/openvswitch/openvswitch-common_3.1.0-2+deb12u1_amd64.deb o/openvswitch/openvswitch-switch_3.1.0-2+deb12u1_amd64.deb \
  u/unbound/libunbound8_1.17.1-2+deb12u4_amd64.deb x/xdp-tools/libxdp1_1.3.1-1_amd64.deb libb/libbpf/libbpf1_1.1.2-0+deb12u1_amd64.deb
guess 'tag 7'

trap '[ ! -s "$dir/pid" ] || kill "$(cat "$dir/pid")"; rm -rf "$dir"' EXIT
ovsdb-tool create "$dir/conf.db" "$dir/root/usr/share/openvswitch/vswitch.ovsschema" 2>"$dir/log" || skip "ovsdb-tool does not run here: $(tail -n 1 "$dir/log")"
"$dir/root/usr/sbin/ovsdb-server" "$dir/conf.db" --remote="punix:$dir/db.sock" --unixctl="$dir/ctl" --pidfile="$dir/pid" --detach \
  --log-file="$dir/server.log" 2>>"$dir/log" || skip "ovsdb-server does not run here: $(tail -n 1 "$dir/log")"
ask() { ovs-vsctl --no-wait --db="unix:$dir/db.sock" "$@"; }
ask add-br bridge
ask add-port bridge tap1 tag=5
ask --may-exist add-port bridge tap1 tag=7 >"$dir/said" 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'message' '' "$(cat "$dir/said")"
seen 'tag' 5 "$(ask get port tap1 tag)"
ask --may-exist add-port bridge tap1 -- set port tap1 tag=7
seen 'tag, set in the same call' 7 "$(ask get port tap1 tag)"
