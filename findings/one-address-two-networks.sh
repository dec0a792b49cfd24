#!/bin/sh
# ip= without a netmask on the kernel command line, read by the two programs that a dracut initramfs may have for it.
# Versions: systemd 252 (Debian 12), NetworkManager 1.42.4.
# Guess:    both take the netmask from the address, as the kernel does (nfsroot.txt): 192.168.0.2 is in a /24.
# Seen:     NetworkManager's generator says /24. systemd-network-generator says /32, with a gateway outside of it: networkd
#           cannot set that route. BOOTIF=, which PXELINUX adds, chooses the interface in one of them and nothing in the other.
#           No message, exit code 0.
# Matters:  the same arguments boot over the network, or do not, by which of the two the distribution put in its initramfs.
# Anneal:   leaves the arguments of an image as they are; what it adds for a live image has no static address.
# Short:    systemd 252, NetworkManager 1.42.4 | `ip=` without a netmask gives what the kernel takes, a /24 | /24 by one, /32 by the other; BOOTIF= counts for one
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/network-manager/network-manager_1.42.4-1+deb12u1_amd64.deb n/network-manager/libnm0_1.42.4-1+deb12u1_amd64.deb
need systemctl 'systemd 252' systemctl --version
systemd=/usr/lib/systemd/systemd-network-generator
[ -x "$systemd" ] || skip "$systemd is missing"
guess '192.168.0.2/24, and the interface of BOOTIF, in both'

cd "$dir"
by_nm() { root/usr/lib/NetworkManager/nm-initrd-generator -s -- "$@" 2>log || skip "nm-initrd-generator does not run here: $(tail -n 1 log)"; }
by_systemd() {
  rm -rf out && mkdir out
  "$systemd" --root out -- "$@" >log 2>&1 || printf 'refused'
  cat out/run/systemd/network/*.network
}
seen 'NetworkManager, address' 192.168.0.2/24,192.168.0.1 "$(by_nm ip=192.168.0.2::192.168.0.1:::eth0:none | sed -n 's/^address1=//p')"
seen 'systemd, address' 192.168.0.2/32 "$(by_systemd ip=192.168.0.2::192.168.0.1:::eth0:none | sed -n 's/^Address=//p')"
seen 'systemd, gateway' 192.168.0.1 "$(by_systemd ip=192.168.0.2::192.168.0.1:::eth0:none | sed -n 's/^Gateway=//p')"
seen 'systemd, message' '' "$(cat log)"
seen 'NetworkManager, interface of BOOTIF' 52:54:00:12:34:56 "$(by_nm ip=dhcp BOOTIF=01-52-54-00-12-34-56 | sed -n 's/^mac-address=//p')"
seen 'systemd, interfaces' 'Kind=!* Type=!loopback' "$(by_systemd ip=dhcp BOOTIF=01-52-54-00-12-34-56 | sed -n '/^\[Match\]/,/^$/{/=/p}' | paste -sd ' ' -)"
