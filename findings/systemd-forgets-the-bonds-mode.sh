#!/bin/sh
# bond= on the kernel command line, read by the two programs that a dracut initramfs may have for it.
# Versions: systemd 252 (Debian 12), NetworkManager 1.42.4.
# Guess:    `bond=bond0:eth0,eth1:mode=802.3ad,miimon=100`, as dracut.cmdline(7) has it, makes a bond of that mode in both.
# Seen:     NetworkManager's generator does. systemd-network-generator makes a bond with no options: the kernel's mode is
#           balance-rr, and no link is watched. No message, exit code 0; a bond without a list of ports is refused.
# Matters:  a machine whose switch speaks LACP has no network, or one that loses every second packet, while it boots.
# Anneal:   leaves the arguments of an image as they are.
# Short:    systemd 252, NetworkManager 1.42.4 | `bond=…:mode=802.3ad` makes such a bond in either initramfs | systemd-network-generator drops the options; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/network-manager/network-manager_1.42.4-1+deb12u1_amd64.deb n/network-manager/libnm0_1.42.4-1+deb12u1_amd64.deb
need systemctl 'systemd 252' systemctl --version
systemd=/usr/lib/systemd/systemd-network-generator
[ -x "$systemd" ] || skip "$systemd is missing"
guess 'mode 802.3ad in both'

cd "$dir"
bond=bond=bond0:eth0,eth1:mode=802.3ad,miimon=100
root/usr/lib/NetworkManager/nm-initrd-generator -s -- "$bond" ip=bond0:dhcp >nm 2>nm.log || skip "nm-initrd-generator does not run here: $(tail -n 1 nm.log)"
seen 'NetworkManager' 'miimon=100 mode=802.3ad' "$(sed -n '/^\[bond\]/,/^\[ip/{/=/p}' nm | grep -E '^(mode|miimon)' | sort | paste -sd ' ' -)"
mkdir out
"$systemd" --root out -- "$bond" ip=bond0:dhcp >log 2>&1 && status=0 || status=$?
seen 'systemd, exit code' 0 "$status"
seen 'systemd, message' '' "$(cat log)"
seen 'systemd, the bond' '[NetDev] Kind=bond Name=bond0' "$(grep -vE '^(#|$)' out/run/systemd/network/90-bond0.netdev | paste -sd ' ' -)"
seen 'systemd, files that name the mode' 0 "$(grep -rlE '802.3ad|miimon|MIIMon' out | wc -l)"
