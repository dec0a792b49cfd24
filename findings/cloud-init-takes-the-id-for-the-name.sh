#!/bin/sh
# cloud-init's network configuration, version 2, with `match: {name: "en*"}`.
# Versions: cloud-init 26.2 (Debian sid), where netplan is not installed.
# Guess:    the interfaces whose names match are set up, as netplan does it, or cloud-init says that it cannot.
# Seen:     for systemd-networkd, NetworkManager and ifupdown the id of the entry is taken for the name of the interface; the
#           pattern is nowhere in what is written. networkd and NetworkManager could match it. No message, exit code 0.
# Matters:  "whichever interface there is, by DHCP" is what such a configuration is for. On Debian's and Fedora's images the
#           machine waits for an interface "lan", and has no network.
# Anneal:   hands network data to Ironic as it is.
# Short:    cloud-init 26.2 | `match: {name: "en*"}` matches, or is refused | without netplan the id "lan" is the interface's name; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/cloud-init/cloud-init_26.2-1_all.deb
guess 'en* in all three, or an error'

cd "$dir"
cat >network.yaml <<'YAML'
network:
  version: 2
  ethernets:
    lan:
      match: { name: "en*" }
      dhcp4: true
YAML
convert() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -m cloudinit.cmd.main devel net-convert -p network.yaml -k yaml \
    -d "out-$1" -D debian -O "$1" >log 2>&1 || skip "cloud-init does not run here: $(tail -n 1 log)"
}
for form in networkd network-manager eni; do
  convert "$form"
  seen "$form, lines with the pattern" 0 "$(grep -rF 'en*' "out-$form" | wc -l)"
  seen "$form, messages" 0 "$(grep -ciE 'warn|error|match' log || true)"
done
seen 'networkd' 'Name=lan' "$(grep -rh '^Name=' out-networkd)"
seen 'NetworkManager' 'interface-name=lan' "$(grep -rh '^interface-name=' out-network-manager)"
seen 'ifupdown' 'iface lan inet dhcp' "$(grep -rh '^iface lan' out-eni)"
