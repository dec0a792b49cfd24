#!/bin/sh
# ovn-nbctl is given a rate with a unit, as ovs-vsctl refuses it, or a DSCP value in hexadecimal.
# Versions: OVN 23.03.1 (Debian 12)
# Guess:    `rate=1M` is 1000 kbit/s, or an error, as for ovs-vsctl: "1M" is not a valid integer.
# Seen:     the rate is 1 kbit/s: what stands behind the digits is dropped. 10Mbit is 10 kbit/s, 1.5 is 1; a burst of 5k is 5 kbit. With
#           `dscp=0x10` the mark is 0. No message, exit code 0. A rate of 0x10 is refused, because it is 0.
# Matters:  a port that shall have a megabit has a thousandth of it, and no tool says why.
# Anneal:   configures no OVN.
# Short:    OVN 23.03.1 | `ovn-nbctl qos-add … rate=1M` is 1 Mbit/s, or an error | it is 1 kbit/s: the unit is dropped, also by meter-add; `dscp=0x10` is 0; exit code 0
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

debian_files o/ovn/ovn-common_23.03.1-1~deb12u2_amd64.deb o/ovn/ovn-central_23.03.1-1~deb12u2_amd64.deb \
  o/openvswitch/openvswitch-common_3.1.0-2+deb12u1_amd64.deb o/openvswitch/openvswitch-switch_3.1.0-2+deb12u1_amd64.deb \
  u/unbound/libunbound8_1.17.1-2+deb12u4_amd64.deb x/xdp-tools/libxdp1_1.3.1-1_amd64.deb libb/libbpf/libbpf1_1.1.2-0+deb12u1_amd64.deb
guess 'rate=1000, or an error'

trap '[ ! -s "$dir/pid" ] || kill "$(cat "$dir/pid")"; rm -rf "$dir"' EXIT
ovsdb-tool create "$dir/nb.db" "$dir/root/usr/share/ovn/ovn-nb.ovsschema" 2>"$dir/log" || skip "ovsdb-tool does not run here: $(tail -n 1 "$dir/log")"
"$dir/root/usr/sbin/ovsdb-server" "$dir/nb.db" --remote="punix:$dir/nb.sock" --unixctl="$dir/ctl" --pidfile="$dir/pid" --detach \
  --log-file="$dir/server.log" 2>>"$dir/log" || skip "ovsdb-server does not run here: $(tail -n 1 "$dir/log")"
ask() { ovn-nbctl --db="unix:$dir/nb.sock" "$@"; }
ask ls-add switch
priority=0
rule() {
  priority=$((priority + 1))
  ask qos-add switch from-lport "$priority" ip "$@" >"$dir/said" 2>&1 && status=0 || status=$?
  seen "$*" "$expected" "$(ask qos-list switch | sed -n "s/.* $priority (ip) //p"), exit code $status, message '$(cat "$dir/said")'"
}
expected="rate=1000, exit code 0, message ''" && rule rate=1000
expected="rate=1, exit code 0, message ''" && rule rate=1M
expected="rate=10, exit code 0, message ''" && rule rate=10Mbit
expected="rate=1, exit code 0, message ''" && rule rate=1.5
expected="rate=9 burst=5, exit code 0, message ''" && rule rate=9 burst=5k
expected="dscp=0, exit code 0, message ''" && rule dscp=0x10
ask meter-add meter drop 1M kbps
seen 'meter of 1M kbps' 'drop: 1 kbps' "$(ask meter-list | sed -n '2s/^ *//p')"
