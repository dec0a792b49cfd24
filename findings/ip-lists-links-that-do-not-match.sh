#!/bin/sh
# ip -json and its filters.
# Versions: iproute2 6.1.0 (Debian 12).
# Guess:    `ip -j link show type vlan` on a host without VLANs prints [].
# Seen:     it prints one empty object for each interface that there is, [{},{},…], as long as the kernel's module for VLANs is
#           not loaded: the kernel does not filter then, and ip leaves out the contents alone. Once the first VLAN was made it
#           prints []. The text form prints nothing in both cases. (vcan stands here for a type that is not loaded.)
# Matters:  `| jq length` counts VLANs, bridges and taps of a compute node that are not there, and `.[0].ifname` is null.
# Anneal:   asks /sys and /proc instead.
# Short:    iproute2 6.1.0 | `ip -j link show type vlan` without VLANs prints [] | an empty object for each interface, until the module is loaded
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need ip iproute2-6.1.0 ip -V
[ ! -e /sys/module/vcan ] || skip 'the module vcan is loaded here'
guess '[]'

seen 'lines of ip link show type vcan' 0 "$(ip link show type vcan | wc -l)"
for command in link addr; do
  ip -j "$command" show type vcan | grep -Eqx '\[\{\}(,\{\})*\] *' && is='empty objects' || is='something else'
  seen "ip -j $command show type vcan" 'empty objects' "$is"
done
