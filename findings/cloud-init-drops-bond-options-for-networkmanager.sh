#!/bin/sh
# A bond of cloud-init's network configuration, written for NetworkManager.
# Versions: cloud-init 26.2 (Debian sid).
# Guess:    the bond has the parameters that it has for the other programs.
# Seen:     of seven parameters NetworkManager gets mode, miimon and updelay. The hash policy, the LACP rate, the minimum of
#           links and the bond's hardware address are left out; networkd gets them. No message, exit code 0.
# Matters:  the bond comes up, and hashes by layer 2: behind a router all traffic takes one link. Without its fixed hardware
#           address DHCP gives the machine another address.
# Anneal:   hands network data to Ironic as it is.
# Short:    cloud-init 26.2 | a bond has the same parameters for NetworkManager and networkd | hash policy, LACP rate, links and hardware address are left out
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/cloud-init/cloud-init_26.2-1_all.deb
guess 'seven parameters for both'

cd "$dir"
cat >network.yaml <<'YAML'
network:
  version: 2
  ethernets: { eth0: {}, eth1: {} }
  bonds:
    bond0:
      interfaces: [eth0, eth1]
      macaddress: "52:54:00:00:00:02"
      dhcp4: true
      parameters:
        mode: 802.3ad
        lacp-rate: fast
        mii-monitor-interval: 100
        min-links: 2
        transmit-hash-policy: layer3+4
        up-delay: 200
YAML
convert() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -m cloudinit.cmd.main devel net-convert -p network.yaml -k yaml \
    -d "out-$1" -D debian -O "$1" >log 2>&1 || skip "cloud-init does not run here: $(tail -n 1 log)"
}
for form in networkd network-manager; do convert "$form"; done
seen 'NetworkManager' 'miimon=100 mode=802.3ad updelay=200' \
  "$(sed -n '/^\[bond\]/,/^$/{/=/p}' out-network-manager/etc/NetworkManager/system-connections/*bond0* | sort | paste -sd ' ' -)"
seen 'NetworkManager, lines with the hardware address' 0 "$(grep -riF 52:54:00:00:00:02 out-network-manager | wc -l)"
seen 'networkd' 'LACPTransmitRate=fast MIIMonitorSec=100ms MinLinks=2 Mode=802.3ad TransmitHashPolicy=layer3+4 UpDelaySec=200ms' \
  "$(sed -n '/^\[Bond\]/,/^$/{/=/p}' out-networkd/etc/systemd/network/*bond0.netdev | sort | paste -sd ' ' -)"
seen 'networkd, hardware address' 'MACAddress=52:54:00:00:00:02' "$(grep -h '^MACAddress' out-networkd/etc/systemd/network/*bond0.netdev)"
seen 'messages' 0 "$(grep -ciE 'warn|error|ignor' log || true)"
