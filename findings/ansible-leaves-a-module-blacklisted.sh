#!/bin/sh
# Ansible's kernel_blacklist takes the module kvm-intel off a blacklist, in which it stands as kvm_intel.
# Versions: Ansible 12.0.0 (community.general 11.2.1, Debian 13), kmod 30
# Guess:    it is not blacklisted any more: for modprobe `-` and `_` in a module's name are the same, and so it prints them.
# Seen:     "changed": false, "is_blacklisted": false; the line is there, and modprobe obeys it. With the name as the file has it, it is right.
# Matters:  the task that lets a node run guests again says that nothing was to do, and the module does not load at boot.
# Anneal:   writes no modprobe.d.
# Short:    Ansible 12.0.0 (and 14.4.0), kmod 30 | kernel_blacklist `kvm-intel` with `state: absent` removes `blacklist kvm_intel`, which modprobe takes for the same | it stays, and modprobe obeys it; "is_blacklisted": false
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need modprobe 'kmod version 30' modprobe --version
ansible
guess 'no line, changed'

cd "$dir"
mkdir conf
absent() {
  echo 'blacklist kvm_intel' >conf/guests.conf
  ansible_module community.general.plugins.modules.kernel_blacklist \
    '{"name": "'"$1"'", "state": "absent", "blacklist_file": "'"$dir"'/conf/guests.conf"}'
  printf '%s, lines %s\n' "$(grep -oE '"(changed|is_blacklisted)": [a-z]*' answer | paste -sd ' ' -)" "$(grep -c blacklist conf/guests.conf || true)"
}
seen 'kvm_intel' '"changed": true "is_blacklisted": false, lines 0' "$(absent kvm_intel)"
seen 'kvm-intel' '"changed": false "is_blacklisted": false, lines 1' "$(absent kvm-intel)"
echo 'blacklist kvm-intel' >conf/guests.conf
seen 'what modprobe reads for kvm-intel in a file' 'blacklist kvm_intel' "$(modprobe -C conf --showconfig | grep ^blacklist)"
