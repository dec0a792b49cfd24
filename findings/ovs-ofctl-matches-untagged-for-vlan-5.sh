#!/bin/sh
# A flow with `vlan_vid=5`, the name that OpenFlow since 1.2 and other controllers have for `dl_vlan`.
# Versions: Open vSwitch 3.1.0 (Debian 12); 4.0 of Debian's sid does the same.
# Guess:    it matches packets of VLAN 5, as `dl_vlan=5` does, or ovs-ofctl asks for the bit that says that there is a tag.
# Seen:     over OpenFlow 1.0, the default, it matches packets without a tag: `vlan_tci=0x0000`. Over OpenFlow 1.3 it matches none: a tag
#           without the bit 0x1000. `vlan_vid=0x1005` is VLAN 5. No message, exit code 0.
# Matters:  a rule for one tenant's VLAN lets through, or drops, what is on the untagged management network.
# Anneal:   installs no flows.
# Short:    Open vSwitch 3.1.0 (and 4.0) | `ovs-ofctl … vlan_vid=5` matches VLAN 5, as dl_vlan=5 does, or is refused | by OpenFlow 1.0 packets without a tag, by 1.3 none; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files o/openvswitch/openvswitch-common_3.1.0-2+deb12u1_amd64.deb \
  u/unbound/libunbound8_1.17.1-2+deb12u4_amd64.deb x/xdp-tools/libxdp1_1.3.1-1_amd64.deb libb/libbpf/libbpf1_1.1.2-0+deb12u1_amd64.deb
guess 'dl_vlan=5, each time'

flow() {
  ovs-ofctl -O "$1" parse-flow "$2,actions=drop" >"$dir/out" 2>"$dir/log" && status=0 || status=$?
  [ "$status" = 0 ] || skip "ovs-ofctl does not run here: $(tail -n 1 "$dir/log")"
  sed -n 's/.*: ADD \(.*\) actions=drop/\1/p' "$dir/out"
}
for version in OpenFlow10 OpenFlow13; do
  seen "dl_vlan=5, $version" 'dl_vlan=5' "$(flow $version dl_vlan=5)"
  seen "vlan_vid=0x1005, $version" 'dl_vlan=5' "$(flow $version vlan_vid=0x1005)"
done
seen 'vlan_vid=5, OpenFlow10' 'vlan_tci=0x0000' "$(flow OpenFlow10 vlan_vid=5)"
seen 'vlan_vid=5, OpenFlow13' 'vlan_tci=0x0005/0x1fff' "$(flow OpenFlow13 vlan_vid=5)"
seen 'messages' 0 "$(grep -vc dns_resolve "$dir/log" || true)"
