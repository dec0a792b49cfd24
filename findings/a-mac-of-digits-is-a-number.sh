#!/bin/sh
# cloud-init's network configuration and a MAC address without a letter, as many of QEMU's (52:54:00:…) are.
# Versions: cloud-init 22.4.2 (Debian 12).
# Guess:    `macaddress: 52:54:00:12:34:56` is that address, as for netplan, whose format it is.
# Seen:     YAML 1.1 reads it as a number of base 60. Netplan, udev rules and sysconfig get 41135085296, and nobody complains.
#           With a pair above 59 or a letter in it the address stays one.
# Matters:  of machines made by one template some come up without a network: those whose address has no letter.
# Anneal:   reads inventories as YAML 1.2, in which it is a text.
# Short:    cloud-init 22.4.2 | `macaddress: 52:54:00:12:34:56` is that address | it is 41135085296, for netplan, udev and sysconfig
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need cloud-init 22.4.2 cloud-init --version
guess '52:54:00:12:34:56'

cd "$dir"
network() { printf 'version: 2\nethernets:\n  nic0:\n    match: {macaddress: %s}\n    set-name: nic0\n    dhcp4: true\n' "$1"; }
converted() {
  network "$1" >network.yaml
  rm -rf out
  cloud-init devel net-convert -p network.yaml -k yaml -d out -D "$2" -O "$3" >log 2>&1 && status=0 || status=$?
}
converted 52:54:00:12:34:56 debian netplan
seen 'exit code' 0 "$status"
seen 'for netplan' 'macaddress: 41135085296' "$(grep -ho 'macaddress.*' -r out)"
converted 52:54:00:12:34:56 rhel sysconfig
seen 'for sysconfig' 'HWADDR=41135085296' "$(grep -ho 'HWADDR=.*' -r out)"
seen 'for udev' 'ATTR{address}=="41135085296"' "$(grep -ho 'ATTR{address}=="[^"]*"' -r out)"
converted 52:54:00:12:34:60 rhel sysconfig
seen 'with 60 at its end' 'HWADDR=52:54:00:12:34:60' "$(grep -ho 'HWADDR=.*' -r out)"
