#!/bin/sh
# keama, ISC's program that turns a dhcpd.conf into a configuration of Kea, and a group of hosts that boot from a server of their own.
# Versions: keama of isc-dhcp 4.4.3-P1 (Debian 13).
# Guess:    the boot server, the file and the router of the group are in the reservation of each host, or in a comment: what keama cannot
#           turn over it writes as a comment with its reason.
# Seen:     they are nowhere in the output, not in a comment either. On a host by itself they are turned over.
# Matters:  Kea takes the file, and the machines of the group get the address without a boot file: they do not boot from the network.
# Anneal:   reads no dhcpd.conf, and writes no configuration of Kea.
# Short:    keama 4.4.3-P1 (Debian 13) | `next-server` and `filename` of a group of hosts are turned over, or left as a comment | they are nowhere in Kea's configuration
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v jq >/dev/null || skip 'jq is missing'
debian_files i/isc-dhcp/isc-dhcp-keama_4.4.3-P1-8_amd64.deb g/glibc/libc6_2.43-7_amd64.deb
unset LD_LIBRARY_PATH
mkdir -p "$dir/root/usr/bin"
guess '10.0.0.3 boot.efi, both times'

cd "$dir"
boot='next-server 10.0.0.3; filename "boot.efi";'
host='hardware ethernet 52:54:00:00:00:01; fixed-address 10.0.0.11;'
subnet='subnet 10.0.0.0 netmask 255.255.255.0 { range 10.0.0.100 10.0.0.200; }'
turned() {
  rm -f kea.json
  own_libc ../sbin/keama -4 -i dhcpd.conf -o kea.json || true
  [ -s kea.json ] || skip "keama does not run here: $(tail -n 1 log)"
  sed '/^ *\/\//d' kea.json | jq -r '.Dhcp4.reservations[0] | "\(."ip-address") \(."next-server") \(."boot-file-name")"' >reservation
}
printf '%s\n' "$subnet" "host a { $boot $host }" >dhcpd.conf
turned
seen 'the host by itself' '10.0.0.11 10.0.0.3 boot.efi' "$(cat reservation)"
printf '%s\n' "$subnet" "group { $boot host a { $host } }" >dhcpd.conf
turned
seen 'the host in a group' '10.0.0.11 null null' "$(cat reservation)"
seen 'lines that name the server or the file' 0 "$(grep -c '10\.0\.0\.3\|boot\.efi' kea.json || true)"
