#!/bin/sh
# network_data.json of OpenStack (config drive of Nova and Ironic) as cloud-init turns it into a configuration.
# Versions: cloud-init 22.4.2 (Debian 12).
# Guess:    name servers under a network's `services` are used for it; a network of type ipv6_slaac asks no DHCPv6 server; the
#           routes of a network of type ipv4_dhcp are kept.
# Seen:     only the name servers of the document's own `services` are used; ipv6_slaac becomes dhcp6: true; the DHCP network's
#           route is in the ENI form, and not in netplan's. Exit code 0.
# Matters:  both places of `services` are in Nova's schema. A machine without a resolver, or one that waits for DHCPv6, looks
#           like a fault of the network.
# Anneal:   hands network_data.json to Ironic as it is.
# Short:    cloud-init 22.4.2 | a network's own name servers of network_data.json are used | they are dropped; ipv6_slaac becomes DHCPv6
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need cloud-init 22.4.2 cloud-init --version
guess '192.0.2.53, no dhcp6, a route to 203.0.113.0/24'

cd "$dir"
cat >network_data.json <<'JSON'
{"links": [{"id": "nic0", "type": "phy", "ethernet_mac_address": "52:54:00:aa:bb:cc"}],
 "networks": [
  {"id": "n0", "type": "ipv4", "link": "nic0", "ip_address": "192.0.2.10", "netmask": "255.255.255.0",
   "services": [{"type": "dns", "address": "192.0.2.53"}]},
  {"id": "n1", "type": "ipv6_slaac", "link": "nic0"},
  {"id": "n2", "type": "ipv4_dhcp", "link": "nic0",
   "routes": [{"network": "203.0.113.0", "netmask": "255.255.255.0", "gateway": "192.0.2.3"}]}],
 "services": [{"type": "dns", "address": "192.0.2.54"}]}
JSON
for form in netplan eni; do
  cloud-init devel net-convert -p network_data.json -k network_data.json -d "$form" -D debian -O "$form" \
    -m nic0,52:54:00:aa:bb:cc >log 2>&1 && status=0 || status=$?
  seen "exit code for $form" 0 "$status"
done
count() { grep -hc "$1" -r "$2" | awk '{sum += $1} END {print sum + 0}'; }
seen 'lines of netplan with 192.0.2.53' 0 "$(count 192.0.2.53 netplan)"
seen 'lines of netplan with 192.0.2.54' 1 "$(count 192.0.2.54 netplan)"
seen 'lines of ENI with 192.0.2.53' 0 "$(count 192.0.2.53 eni)"
seen 'lines of netplan with dhcp6' 'dhcp6: true' "$(grep -ho 'dhcp6.*' -r netplan)"
seen 'lines of netplan with 203.0.113.0' 0 "$(count 203.0.113.0 netplan)"
seen 'lines of ENI with 203.0.113.0' 2 "$(count 203.0.113.0 eni)"
