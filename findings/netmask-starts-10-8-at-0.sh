#!/bin/sh
# netmask, the library for IPv4 networks, on networks in short form.
# Versions: netmask 2.1.1; iproute2 6.1.0 (Debian 12) for comparison.
# Guess:    `new Netmask('10/8')` is 10.0.0.0/8, and '192.168/16' is 192.168.0.0/16: what is left out behind is zero, as for
#           `ip route add 10/8`; or an error.
# Seen:     it is 0.0.0.0/8, and 192.0.0.0/16: what is left out lies in the middle, as in the address of one host (10.1 is 10.0.0.1).
# Matters:  address pools, proxy exceptions (no_proxy) and allow-lists are written in this form. None of the addresses that are meant
#           is contained.
# Anneal:   reads addresses and networks without this library.
# Short:    netmask 2.1.1, iproute2 6.1.0 | `10/8` is 10.0.0.0/8, as for `ip route` | it is 0.0.0.0/8, and 192.168/16 is 192.0.0.0/16; no error
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"
space=finding-netmask-$$
trap 'ip netns del "$space" 2>/dev/null || true; rm -rf "$dir"' EXIT

need ip 'iproute2-6.1.0' ip -V
npm_packages netmask@2.1.1
[ "$(id -u)" = 0 ] || skip 'root is needed for a network namespace'
ip netns add "$space" 2>/dev/null || skip 'no network namespace can be made here'
ip -n "$space" link set lo up
guess '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16'

cd "$dir"
networks='10/8 172.16/12 192.168/16'
for network in $networks; do ip -n "$space" route add "$network" dev lo; done
seen 'by iproute2' '10.0.0.0/8 172.16.0.0/12 192.168.0.0/16' "$(ip -n "$space" route show | cut -d ' ' -f 1 | sort | paste -sd ' ' -)"
cat >read.cjs <<'JS'
const { Netmask } = require('netmask')
const networks = process.argv.slice(2).map((text) => new Netmask(text))
console.log(networks.map(String).join(' '))
console.log(networks.map((network, index) => network.contains(['10.1.2.3', '172.16.0.1', '192.168.0.1'][index])).join(' '))
JS
# shellcheck disable=SC2086
node read.cjs $networks >out
seen 'by the library' '0.0.0.0/8 172.0.0.0/12 192.0.0.0/16' "$(sed -n 1p out)"
seen 'contains 10.1.2.3, 172.16.0.1, 192.168.0.1' 'false false false' "$(sed -n 2p out)"
