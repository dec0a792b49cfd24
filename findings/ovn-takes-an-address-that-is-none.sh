#!/bin/sh
# ovn-nbctl gives a port the address 10.0.0.300, and a switch a rule whose match says `=` where it takes `==`.
# Versions: OVN 23.03.1 (Debian 12)
# Guess:    an error of ovn-nbctl, which refuses a wrong MAC of a router's port, priority or VLAN; or a warning in the log of ovn-northd.
# Seen:     exit code 0 of both. The logical flows know the port's MAC, and no address: nobody answers ARP for it. The rule is in the flows
#           as it was written, which no hypervisor can read. Neither ovn-nbctl nor ovn-northd says anything.
# Matters:  a guest that nobody reaches, and a rule that is listed and holds nowhere; only the log of each hypervisor says it.
# Anneal:   configures no OVN.
# Short:    OVN 23.03.1 | a port's address 10.0.0.300 and a rule `tcp.dst = 80` are refused | both are taken, exit code 0: the port has no address, the rule holds nowhere; northd says nothing
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

debian_files o/ovn/ovn-common_23.03.1-1~deb12u2_amd64.deb o/ovn/ovn-central_23.03.1-1~deb12u2_amd64.deb \
  o/openvswitch/openvswitch-common_3.1.0-2+deb12u1_amd64.deb o/openvswitch/openvswitch-switch_3.1.0-2+deb12u1_amd64.deb \
  u/unbound/libunbound8_1.17.1-2+deb12u4_amd64.deb x/xdp-tools/libxdp1_1.3.1-1_amd64.deb libb/libbpf/libbpf1_1.1.2-0+deb12u1_amd64.deb
guess 'an error of each'

trap 'for pid in "$dir"/*.pid; do [ ! -s "$pid" ] || kill "$(cat "$pid")"; done; rm -rf "$dir"' EXIT
for name in nb sb; do
  ovsdb-tool create "$dir/$name.db" "$dir/root/usr/share/ovn/ovn-$name.ovsschema" 2>"$dir/log" || skip "ovsdb-tool does not run here: $(tail -n 1 "$dir/log")"
  "$dir/root/usr/sbin/ovsdb-server" "$dir/$name.db" --remote="punix:$dir/$name.sock" --unixctl="$dir/$name.ctl" --pidfile="$dir/$name.pid" --detach \
    --log-file="$dir/$name.log" 2>>"$dir/log" || skip "ovsdb-server does not run here: $(tail -n 1 "$dir/log")"
done
ovn-northd --detach --pidfile="$dir/northd.pid" --unixctl="$dir/northd.ctl" --ovnnb-db="unix:$dir/nb.sock" --ovnsb-db="unix:$dir/sb.sock" \
  --log-file="$dir/northd.log" 2>>"$dir/log" || skip "ovn-northd does not run here: $(tail -n 1 "$dir/log")"
ask() { ovn-nbctl --db="unix:$dir/nb.sock" "$@"; }
ask ls-add switch -- lsp-add switch right -- lsp-add switch wrong
ask lsp-set-addresses right '52:54:00:12:34:56 10.0.0.30'
ask lsp-set-addresses wrong '52:54:00:12:34:57 10.0.0.300' >"$dir/said" 2>&1 && status=0 || status=$?
seen 'exit code and message for the address' "0 ''" "$status '$(cat "$dir/said")'"
ask acl-add switch from-lport 1000 'tcp.dst = 80' drop >"$dir/said" 2>&1 && status=0 || status=$?
seen 'exit code and message for the rule' "0 ''" "$status '$(cat "$dir/said")'"
ask --timeout=30 --wait=sb sync
flows() { ovn-sbctl --db="unix:$dir/sb.sock" lflow-list switch; }
seen 'flows that answer ARP for 10.0.0.30' some "$(flows | grep ls_in_arp_rsp | grep -qF 'arp.tpa == 10.0.0.30 ' && echo some || echo none)"
seen 'flows with 52:54:00:12:34:57' some "$(flows | grep -qF 52:54:00:12:34:57 && echo some || echo none)"
seen 'flows with 10.0.0.300' none "$(flows | grep -qF 10.0.0.300 && echo some || echo none)"
seen 'the rule in the flows' 'match=(tcp.dst = 80), action=(/* drop */)' "$(flows | sed -n 's/.*\(match=(tcp.dst = 80).*\)/\1/p' | head -n 1)"
seen 'warnings of ovn-northd' 0 "$(grep -cE 'WARN|ERR|invalid|10\.0\.0\.300|tcp\.dst' "$dir/northd.log" || true)"
