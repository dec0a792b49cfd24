#!/bin/sh
# A route and a name server of their own in cloud-init's network configuration, version 1.
# Versions: cloud-init 26.2 (Debian sid).
# Guess:    `type: route` is set once, on the interface that reaches its gateway; `type: nameserver` with an interface is
#           that interface's. This is so for every form that cloud-init writes.
# Seen:     netplan and NetworkManager get no such route. networkd gets it on every interface, also on the ports of a bond;
#           ifupdown gets it behind whichever interface is last. The name server is left out for netplan and ifupdown.
#           No message, exit code 0.
# Matters:  the same configuration reaches a network or does not, by which program the image has for its network.
# Anneal:   hands network data to Ironic as it is.
# Short:    cloud-init 26.2 | `type: route` is set once, on the interface that reaches its gateway | by netplan and NetworkManager not at all, by networkd on every one
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/cloud-init/cloud-init_26.2-1_all.deb
guess 'one route and one name server each'

cd "$dir"
cat >network.yaml <<'YAML'
version: 1
config:
  - { type: physical, name: eth0, subnets: [{ type: static, address: 10.0.0.2/24, gateway: 10.0.0.1 }] }
  - { type: physical, name: eth1 }
  - { type: physical, name: eth2, subnets: [{ type: dhcp4 }] }
  - { type: nameserver, address: [10.0.0.53], interface: eth0 }
  - { type: route, destination: 10.9.0.0/16, gateway: 10.0.0.1 }
YAML
convert() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -m cloudinit.cmd.main devel net-convert -p network.yaml -k yaml \
    -d "out-$1" -D debian -O "$1" >log 2>&1 || skip "cloud-init does not run here: $(tail -n 1 log)"
}
count() { grep -rFh "$1" "out-$2" | grep -vc pre-down || true; }
for form in netplan network-manager networkd eni; do convert "$form"; done
seen 'netplan, routes' 0 "$(count 10.9.0.0 netplan)"
seen 'NetworkManager, routes' 0 "$(count 10.9.0.0 network-manager)"
seen 'networkd, routes' 3 "$(count 10.9.0.0 networkd)"
seen 'ifupdown, routes' 1 "$(count 10.9.0.0 eni)"
seen 'ifupdown, the interface above the route' eth2 "$(cat out-eni/etc/network/interfaces.d/* | sed '/post-up ip route add/q' | sed -n 's/^iface \([^ ]*\).*/\1/p' | tail -n 1)"
seen 'netplan, name servers' 0 "$(count 10.0.0.53 netplan)"
seen 'NetworkManager, name servers' 1 "$(count 10.0.0.53 network-manager)"
seen 'networkd, name servers' 1 "$(count 10.0.0.53 networkd)"
seen 'ifupdown, name servers' 0 "$(count 10.0.0.53 eni)"
