#!/bin/sh
# A second uplink with a routing table of its own, a rule for it, a VLAN with an MTU, and DHCP without routes (network configuration, version 2).
# Versions: cloud-init 26.2.
# Guess:    the route is in table 100 by each renderer, the rule is there, and DHCP gives no routes: networkd has it so.
# Seen:     for NetworkManager and for ifupdown the route is in the main table and the rule is left out. NetworkManager takes the routes of
#           DHCP as well, and gives the VLAN and the bridge no MTU. No warning, exit code 0.
# Matters:  traffic to the network behind the table leaves by the second uplink for everybody, answers of the first leave by the wrong one,
#           and on a VLAN of 1400 bytes large packets are lost. The same user data was right on the image with networkd.
# Anneal:   passes network configuration on as it is.
# Short:    cloud-init 26.2 | a route in table 100, its rule, an MTU of a VLAN, `use-routes: false` hold for each renderer | NetworkManager, ifupdown: main table, no rule; NetworkManager: no MTU, routes by DHCP; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/cloud-init/cloud-init_26.2-1_all.deb
guess 'table 100, a rule, MTU 1400, no routes by DHCP'

cd "$dir"
cat >network.yaml <<'YAML'
network:
  version: 2
  ethernets:
    eth0: { dhcp4: true, dhcp4-overrides: { use-routes: false } }
    eth1:
      addresses: [192.0.2.5/24]
      routes: [{ to: 198.51.100.0/24, via: 192.0.2.1, table: 100 }]
      routing-policy: [{ from: 192.0.2.5/32, table: 100 }]
  vlans:
    storage: { id: 7, link: eth1, mtu: 1400, addresses: [203.0.113.5/24] }
YAML
convert() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -m cloudinit.cmd.main devel net-convert -p network.yaml -k yaml \
    -d "out-$1" -D debian -O "$1" >log 2>&1 && status=0 || status=$?
  [ "$status" = 0 ] || skip "cloud-init does not run here: $(tail -n 1 log)"
  seen "$1, warnings" 0 "$(grep -ci warning log || true)"
}
lines() { cat $(find "out-$1" -type f | sort) | grep -E "$2" | sed 's/^ *//' | paste -sd ' ' -; }
convert networkd
seen 'networkd, table of the route and of the rule' 'Table=100 Table=100' "$(lines networkd '^Table=')"
seen 'networkd, routes of DHCP' 'UseRoutes=False' "$(lines networkd '^UseRoutes=')"
seen 'networkd, MTU' 1400 "$(lines networkd '^MTUBytes=' | sed 's/.*=//')"
convert network-manager
seen 'NetworkManager, route' 'route1=198.51.100.0/24,192.0.2.1' "$(lines network-manager '^route[0-9]')"
seen 'NetworkManager, tables, rules, MTU, ignored routes' '' "$(lines network-manager 'table|routing-rule|mtu|ignore-auto-routes|never-default')"
convert eni
seen 'ifupdown, route' 'post-up ip route add 198.51.100.0/24 via 192.0.2.1 || true' "$(lines eni 'post-up')"
seen 'ifupdown, tables and rules' '' "$(lines eni 'table|rule ')"
seen 'ifupdown, MTU' 'mtu 1400' "$(lines eni mtu)"
