#!/bin/sh
# A VLAN and a bridge over an interface that gets another name (set-name), in cloud-init's network configuration, version 2.
# Versions: cloud-init 26.2 (Debian sid).
# Guess:    `link: eth0` and `interfaces: [eth0]` mean the entry with that key, as netplan says: the VLAN is on lan0, which eth0 is called then.
# Seen:     for networkd neither the VLAN nor the bridge is named in the interface's file: both have no port. For sysconfig the VLAN's device
#           is eth0, which is not there any more; its bridge is right. NetworkManager has both. No message, exit code 0.
# Matters:  the machine has no storage or management network, by which program its image has for the network.
# Anneal:   hands network data to Ironic as it is.
# Short:    cloud-init 26.2 | a VLAN and a bridge over an interface with `set-name: lan0` are on lan0 | networkd: on none; sysconfig: on eth0, which is gone; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/cloud-init/cloud-init_26.2-1_all.deb
guess 'lan0 each time'

cd "$dir"
# written FORM DISTRIBUTION SETTING: the configuration with this setting of the interface, in that form.
written() {
  rm -rf out
  cat >network.yaml <<YAML
network:
  version: 2
  ethernets: { eth0: { match: { macaddress: "52:54:00:12:34:56" }, $3 dhcp4: true } }
  bridges: { br0: { interfaces: [eth0], dhcp4: true } }
  vlans: { v5: { id: 5, link: eth0, addresses: [10.5.0.2/24] } }
YAML
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -m cloudinit.cmd.main devel net-convert -p network.yaml -k yaml -d out -D "$2" -O "$1" >log 2>&1 ||
    skip "cloud-init does not run here: $(tail -n 1 log)"
}
in_networkd() { sed -n 's/^\(VLAN\|Bridge\)=//p' out/etc/systemd/network/10-cloud-init-"$1".network | sort | paste -sd ' '; }
written networkd debian ''
seen 'networkd, without set-name: what is on eth0' 'br0 v5' "$(in_networkd eth0)"
written networkd debian 'set-name: lan0,'
seen 'networkd, with set-name: what is on lan0' '' "$(in_networkd lan0)"
written sysconfig rhel 'set-name: lan0,'
seen 'sysconfig: device of the VLAN' eth0 "$(sed -n 's/^PHYSDEV=//p' out/etc/sysconfig/network-scripts/ifcfg-v5)"
seen 'sysconfig: who is in the bridge' ifcfg-lan0 "$(cd out/etc/sysconfig/network-scripts && grep -l '^BRIDGE=br0' ./* | sed 's/..//')"
written network-manager debian 'set-name: lan0,'
uuid=$(sed -n 's/^uuid=//p' out/etc/NetworkManager/system-connections/cloud-init-eth0.nmconnection)
seen "NetworkManager: is the VLAN on eth0's connection" yes "$(grep -q "^parent=$uuid" out/etc/NetworkManager/system-connections/cloud-init-v5.nmconnection && echo yes)"
