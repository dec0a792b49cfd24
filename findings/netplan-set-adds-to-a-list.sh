#!/bin/sh
# netplan set, which "writes a given key/value pair", with a list, as in its manual's first example (addresses=[…]).
# Versions: netplan 0.106 (Debian 12); 1.2.2 (sid) does the same.
# Guess:    the interface has the address that was set, in the file that had the old one.
# Seen:     it has both: each list is added to. What two files say of the interface is all in the last of them now; what the first said of it is
#           deleted there. No message, exit code 0. A number (mtu) is replaced.
# Matters:  a machine that is given another address, name server or route by `netplan set` keeps the old one as well; a first file that is
#           written again by cloud-init then gives a third state.
# Anneal:   changes no networks on hosts.
# Short:    netplan 0.106 (and 1.2.2) | `netplan set ethernets.eth0.addresses=[…]` gives that address in place of the old one | it is added to the old one; of two files, the first loses what it said of eth0; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/netplan.io/netplan.io_0.106-2+deb12u1_amd64.deb n/netplan.io/libnetplan0_0.106-2+deb12u1_amd64.deb r/rich/python3-rich_13.3.1-1_all.deb \
  d/dbus-python/python3-dbus_1.3.2-4+b1_amd64.deb n/netifaces/python3-netifaces_0.11.0-2+b1_amd64.deb
guess '10.0.0.9/24, in 10.yaml'

cd "$dir"
mkdir -p machine/etc/netplan
files=machine/etc/netplan
echo 'network: {version: 2, ethernets: {eth0: {addresses: [10.0.0.2/24]}, eth1: {dhcp4: true}}}' >"$files/10.yaml"
echo 'network: {version: 2, ethernets: {eth0: {mtu: 1400}}}' >"$files/20.yaml"
chmod 600 "$files"/*
# netplan looks for its library where ldconfig does.
library=$(echo root/usr/lib/*-linux-gnu/libnetplan.so.0*)
library=$dir/${library##* }
change() {
  LD_PRELOAD=$library PYTHONPATH=root/usr/share/netplan:root/usr/lib/python3/dist-packages /usr/bin/python3 root/usr/share/netplan/netplan.script set --root-dir machine "$1" >log 2>&1 &&
    echo "0, $(cat log)" ||
    skip "netplan does not run here: $(tail -n 1 log)"
}
change ethernets.eth0.mtu=9000 >first
seen 'mtu: exit code, messages' '0, ' "$(cat first)"
seen 'addresses: exit code, messages' '0, ' "$(change 'ethernets.eth0.addresses=[10.0.0.9/24]')"
values() { grep -ohE "[0-9.]+/24|mtu: [0-9]+|eth[0-9]" "$1" | paste -sd ' '; }
seen '10.yaml' 'eth1' "$(values "$files/10.yaml")"
seen '20.yaml' 'eth0 10.0.0.2/24 10.0.0.9/24 mtu: 9000' "$(values "$files/20.yaml")"
