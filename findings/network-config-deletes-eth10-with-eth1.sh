#!/bin/sh
# network-config (npm) writes the configuration of one interface into /etc/network/interfaces.
# Versions: network-config 3.0.0.
# Guess:    `configure('eth1', …)` replaces what the file says of eth1, and leaves all others.
# Seen:     each block of the file in which the letters "eth1" stand anywhere is deleted: eth10, eth1.5, and the bridge br0 that has eth1 as
#           its port. Where no empty line stands between two interfaces, both are deleted. No error.
# Matters:  the machine loses its bridge and other interfaces, as soon as networking is started again.
# Anneal:   writes no configuration of networks on hosts.
# Short:    network-config 3.0.0 | `configure('eth1', …)` replaces eth1 in /etc/network/interfaces alone | each block with the letters eth1 is deleted: eth10, eth1.5, the bridge over eth1; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages network-config@3.0.0
guess 'lo eth1 eth10 eth1.5 br0 eth2, in some order'

cd "$dir"
cat >interfaces <<'TEXT'
auto lo
iface lo inet loopback

auto eth1
iface eth1 inet dhcp

auto eth10
iface eth10 inet static
    address 10.0.10.2
    netmask 255.255.255.0

auto eth1.5
iface eth1.5 inet dhcp

auto br0
iface br0 inet static
    address 10.0.0.2
    netmask 255.255.255.0
    bridge_ports eth1

auto eth2
iface eth2 inet dhcp
TEXT
cat >set.cjs <<'JS'
const network = require('network-config')
network.configure.FILE = 'interfaces'
network.configure('eth1', { ip: '10.0.1.2', netmask: '255.255.255.0', restart: false }, (error) => console.log(error ?? 'no error'))
JS
names() { sed -n 's/^iface \([^ ]*\).*/\1/p' "$1" | paste -sd ' '; }
seen 'before' 'lo eth1 eth10 eth1.5 br0 eth2' "$(names interfaces)"
seen 'configure' 'no error' "$(node set.cjs)"
seen 'after' 'lo eth2 eth1' "$(names interfaces)"
