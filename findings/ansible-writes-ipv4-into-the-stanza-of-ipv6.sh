#!/bin/sh
# Ansible's interfaces_file sets an option of an interface that has IPv4 and IPv6 in /etc/network/interfaces.
# Versions: Ansible 12.0.0 (community.general 11, Debian 13); 14.4.0 does the same.
# Guess:    the address 10.0.0.9/24 goes to `iface eth0 inet`, where an IPv4 address was; or the task fails, since eth0 is there twice.
# Seen:     it takes the last stanza of that name: the IPv6 address is replaced by the IPv4 one, and IPv4 keeps the old address. A new `up`
#           line goes to the first one. "changed". With address_family it is right.
# Matters:  at the next start ifup fails for the whole stanza, and the machine has neither the new address nor IPv6.
# Anneal:   does not configure a node's network.
# Short:    Ansible 12.0.0 (and 14.4.0) | interfaces_file sets eth0's `address` 10.0.0.9/24 in the stanza of IPv4, or fails | it replaces the IPv6 address in `iface eth0 inet6`; IPv4 keeps the old one; "changed"
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

ansible
guess 'inet 10.0.0.9/24, inet6 2001:db8::5/64'

cd "$dir"
stanzas() { awk '/^iface eth0/ { family = $3 } $1 == "address" { print family, $2 }' "$1" | paste -sd ' ' -; }
write() {
  cat >interfaces <<'CONF'
auto eth0
iface eth0 inet static
    address 10.0.0.5/24
    gateway 10.0.0.1
iface eth0 inet6 static
    address 2001:db8::5/64
    gateway 2001:db8::1
CONF
}
write
ansible_module community.general.plugins.modules.interfaces_file \
  '{"dest": "'"$dir"'/interfaces", "iface": "eth0", "option": "address", "value": "10.0.0.9/24"}'
seen 'answer' '"changed": true' "$(grep -o '"changed": [a-z]*' answer)"
seen 'addresses' 'inet 10.0.0.5/24 inet6 10.0.0.9/24' "$(stanzas interfaces)"
write
ansible_module community.general.plugins.modules.interfaces_file \
  '{"dest": "'"$dir"'/interfaces", "iface": "eth0", "address_family": "inet", "option": "address", "value": "10.0.0.9/24"}'
seen 'with address_family' 'inet 10.0.0.9/24 inet6 2001:db8::5/64' "$(stanzas interfaces)"
