#!/bin/sh
# Ansible's sysctl adds kernel.panic to a sysctl.conf in which another key stands twice, first 0 and, where somebody added it below, 1.
# Versions: Ansible 12.0.0 (ansible.posix 2, Debian 13); 14.4.0 does the same.
# Guess:    the file has one more line, and the other key keeps its value: of two lines the last counts, for sysctl and systemd.
# Seen:     the first of the two lines is kept and the last is deleted: net.ipv4.ip_forward goes from 1 to 0. "changed", no word of it.
# Matters:  a task about a panic's timeout takes the routing of a network node away, at the next boot.
# Anneal:   writes no sysctl settings.
# Short:    Ansible 12.0.0 (and 14.4.0) | the module sysctl that adds kernel.panic leaves net.ipv4.ip_forward alone | where that key stands twice it keeps the first line and deletes the one that counted: 1 becomes 0; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

ansible
guess 'net.ipv4.ip_forward = 1'

cd "$dir"
cat >sysctl.conf <<'CONF'
# routing is off
net.ipv4.ip_forward = 0
vm.swappiness = 10
# this is a network node
net.ipv4.ip_forward = 1
CONF
counts() { sed -n 's/^net.ipv4.ip_forward *= *//p' sysctl.conf | tail -n 1; }
seen 'before' 1 "$(counts)"
ansible_module ansible.posix.plugins.modules.sysctl \
  '{"name": "kernel.panic", "value": "10", "reload": false, "sysctl_file": "'"$dir"'/sysctl.conf"}'
seen 'answer' '"changed": true' "$(grep -o '"changed": [a-z]*' answer)"
seen 'warnings' 0 "$(grep -ciE 'warn|duplicate|twice' answer || true)"
seen 'the key that was set' 'kernel.panic=10' "$(grep panic sysctl.conf)"
seen 'the other key, lines' 1 "$(grep -c ip_forward sysctl.conf)"
seen 'afterwards' 0 "$(counts)"
