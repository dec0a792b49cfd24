#!/bin/sh
# link-local of netplan, written for its two programs.
# Versions: netplan 0.106 (Debian 12); 1.2.2 does the same.
# Guess:    `link-local: []` means no address that the machine gave itself; `[ipv6]`, the default, that of IPv6 alone: for
#           systemd-networkd and for NetworkManager.
# Seen:     networkd gets what was asked for. NetworkManager gets the same for each of five settings: IPv4 addresses from
#           169.254.0.0/16, and no configuration of IPv6. No message, exit code 0.
# Matters:  the parent of VLANs or a port that a virtual switch is to take has no address of its own. On a host with
#           NetworkManager each of them gets one, and a route.
# Anneal:   hands network data to Ironic as it is.
# Short:    netplan 0.106 (and 1.2.2) | `link-local: []` means no address of its own, for either renderer | NetworkManager gives the interface 169.254.…, whatever the setting says
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/netplan.io/netplan.io_0.106-2+deb12u1_amd64.deb n/netplan.io/libnetplan0_0.106-2+deb12u1_amd64.deb
guess 'the same for both'

cd "$dir"
# written RENDERER SETTING: what is written for eth0, on one line.
written() {
  rm -rf machine && mkdir -p machine/etc/netplan
  printf 'network:\n  version: 2\n  renderer: %s\n  ethernets: { eth0: {%s} }\n  vlans: { vlan7: { id: 7, link: eth0 } }\n' \
    "$1" "$2" >machine/etc/netplan/network.yaml
  chmod 600 machine/etc/netplan/network.yaml
  root/usr/libexec/netplan/generate --root-dir "$dir/machine" >log 2>&1 || skip "netplan does not run here: $(tail -n 1 log)"
  [ ! -s log ] || printf 'said something; '
  if [ "$1" = networkd ]; then
    sed -n 's/^LinkLocalAddressing=//p' machine/run/systemd/network/10-netplan-eth0.network
  else
    sed -n '/^\[ip/{N;s/\[\(.*\)\]\nmethod=/\1 /p}' machine/run/NetworkManager/system-connections/netplan-eth0.nmconnection | paste -sd ' ' -
  fi
}
for setting in '=ipv6' 'link-local: [ipv6]=ipv6' 'link-local: [ipv4]=ipv4' 'link-local: []=no' 'link-local: [ipv4, ipv6]=yes'; do
  seen "networkd, {${setting%=*}}" "${setting##*=}" "$(written networkd "${setting%=*}")"
  seen "NetworkManager, {${setting%=*}}" 'ipv4 link-local ipv6 ignore' "$(written NetworkManager "${setting%=*}")"
done
