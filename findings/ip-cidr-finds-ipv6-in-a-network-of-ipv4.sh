#!/bin/sh
# ip-cidr, a package for networks of IPv4 and IPv6, asked if an address is in a network of the other family.
# Versions: ip-cidr 4.0.2.
# Guess:    no: 2001:db8::1 is in no network of IPv4, and 32.1.13.184 in none of IPv6.
# Seen:     the first bits alone are compared: 2001:db8::1 is in 32.0.0.0/8 (0x20), 0a00::1 in 10.0.0.0/8, 32.1.13.184 in 2001:db8::/32, and
#           each IPv6 address in 0.0.0.0/0. (Addresses as 192.168.1.9 in 192.168.0.0/16 are right.)
# Matters:  which of several networks, pools or bridges a machine's address belongs to: a list that names 0.0.0.0/0 first takes all of IPv6.
# Anneal:   does not use it.
# Short:    ip-cidr 4.0.2 | an address of IPv6 is in no network of IPv4, nor the other way round | 2001:db8::1 is in 32.0.0.0/8 and 0.0.0.0/0, 32.1.13.184 in 2001:db8::/32; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages ip-cidr@4.0.2
guess 'false each time, but for the last two'

cd "$dir"
cat >ask.cjs <<'JS'
const { default: IPCIDR } = require('ip-cidr')
const [network, address] = process.argv.slice(2)
console.log(new IPCIDR(network).contains(address))
JS
ask() { node ask.cjs "$1" "$2" 2>log || echo "ip-cidr does not run here: $(tail -n 1 log)"; }
seen '2001:db8::1 in 32.0.0.0/8' true "$(ask 32.0.0.0/8 2001:db8::1)"
seen '2001:db8::1 in 10.0.0.0/8' false "$(ask 10.0.0.0/8 2001:db8::1)"
seen '2001:db8::1 in 0.0.0.0/0' true "$(ask 0.0.0.0/0 2001:db8::1)"
seen '32.1.13.184 in 2001:db8::/32' true "$(ask 2001:db8::/32 32.1.13.184)"
seen '192.168.1.9 in 192.168.0.0/16' true "$(ask 192.168.0.0/16 192.168.1.9)"
seen '2001:db8::1 in 2001:db8::/32' true "$(ask 2001:db8::/32 2001:db8::1)"
