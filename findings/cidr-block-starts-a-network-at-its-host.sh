#!/bin/sh
# cidr-block, a package for networks of IPv4 and IPv6, and an interface's address with its prefix: 10.0.0.9/24.
# Versions: cidr-block 2.3.0.
# Guess:    that is in 10.0.0.0/24, with 10.0.0.3 and without 10.0.1.3; or the text is refused. Its README has such an address (192.168.1.100/24)
#           and `networkCIDR()` for it.
# Seen:     the network begins at the address: 10.0.0.3 is not in it, 10.0.1.3 is, it ends at 10.0.1.8, it does not overlap with 10.0.0.0/30,
#           and the next one is 10.0.1.9/24. No error. `networkCIDR()` says 10.0.0.0/24.
# Matters:  addresses as `ip addr`, netplan and a BMC print them: two networks that overlap are not found, and a machine gets an address of
#           the neighbour.
# Anneal:   does not use it.
# Short:    cidr-block 2.3.0 | 10.0.0.9/24 has 10.0.0.3 in it and 10.0.1.3 not | the other way round: it begins at 10.0.0.9 and ends at 10.0.1.8, and overlaps not with 10.0.0.0/30; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages cidr-block@2.3.0
guess 'true, false, 10.0.0.255, true'

cd "$dir"
cat >ask.cjs <<'JS'
const { ipv4 } = require('cidr-block')
const own = ipv4.cidr('10.0.0.9/24')
console.log('in', own.includes(ipv4.address('10.0.0.3')))
console.log('behind', own.includes(ipv4.address('10.0.1.3')))
console.log('last', [...own.addresses()].at(-1).toString())
console.log('overlap', own.overlaps(ipv4.cidr('10.0.0.0/30')))
console.log('next', own.nextCIDR().toString())
console.log('network', own.networkCIDR().toString())
console.log('masked', ipv4.cidr('10.0.0.0/24').overlaps(ipv4.cidr('10.0.0.0/30')))
JS
node ask.cjs >out 2>log || skip "cidr-block does not run here: $(tail -n 1 log)"
said() { sed -n "s/^$1 //p" out; }
seen '10.0.0.3 is in it' false "$(said in)"
seen '10.0.1.3 is in it' true "$(said behind)"
seen 'its last address' 10.0.1.8 "$(said last)"
seen 'it overlaps with 10.0.0.0/30' false "$(said overlap)"
seen 'the next network' 10.0.1.9/24 "$(said next)"
seen 'networkCIDR()' 10.0.0.0/24 "$(said network)"
seen '10.0.0.0/24 overlaps with 10.0.0.0/30' true "$(said masked)"
