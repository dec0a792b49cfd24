#!/bin/sh
# `mtu 1400 # storage` in /etc/network/interfaces.
# Versions: ifupdown 0.8.41 (Debian 12); ifupdown-ng 0.12.1, which takes its place in some distributions.
# Guess:    the comment is left out, or is an error.
# Seen:     it is part of the value, and that of a shell command: `ip link set dev eth0 mtu 1400 # storage up`. The `up` is in the comment.
#           The interface has address and MTU and is down; ifup's exit code is 0. ifupdown-ng drops the comment.
# Matters:  after the next reboot a node has no network, and ifup, systemd and `ip addr` show an address and no error.
# Anneal:   does not read this file.
# Short:    ifupdown 0.8.41 (not ifupdown-ng 0.12.1) | `mtu 1400 # storage` has a comment, or is an error | the comment takes the `up` of ifupdown's command with it: address, MTU, and the interface is down; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
unshare -n -m true 2>/dev/null || skip 'no namespace can be made here'
debian_files i/ifupdown/ifupdown_0.8.41_amd64.deb i/ifupdown-ng/ifupdown-ng_0.12.1-7_amd64.deb g/glibc/libc6_2.41-12+deb13u5_amd64.deb
unset LD_LIBRARY_PATH
guess 'UP, with and without a comment'

cd "$dir"
mkdir -p etc/network/if-pre-up.d etc/network/if-up.d state
cat >inside.sh <<'SH'
# With an /etc and a network of its own.
mount --bind etc /etc
ip link add eth0 type veth peer name other
ip link set other up
root/sbin/ifup -i interfaces --state-dir state --force eth0 >log 2>&1
echo "$? $(ip -o link show eth0 | grep -o 'mtu [0-9]*') $(ip -br addr show eth0 | sed 's/^[^ ]* *\([A-Z]*\) *\([0-9./]*\).*/\1 \2/')"
SH
start() {
  printf '%s\n' 'auto eth0' 'iface eth0 inet static' '    address 10.0.0.5/24' "    mtu 1400$1" >interfaces
  unshare -n -m sh inside.sh
}
seen 'without a comment' '0 mtu 1400 UP 10.0.0.5/24' "$(start '')"
seen 'with one' '0 mtu 1400 DOWN 10.0.0.5/24' "$(start ' # storage')"
mkdir -p root/usr/bin
ln -s ../sbin/ifupdown-ng root/usr/bin/ifparse
own_libc ifparse -i interfaces -F ifupdown eth0 2>/dev/null || true
seen 'the value for ifupdown-ng' '1400' "$(sed -n 's/^ *mtu *\([^ ].*[^ ]\) *$/\1/p' log)"
