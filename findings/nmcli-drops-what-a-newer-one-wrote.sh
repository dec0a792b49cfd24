#!/bin/sh
# nmcli --offline connection modify, which changes a connection's file without a running NetworkManager, as in the build of an image.
# Versions: NetworkManager 1.42.4 (Debian 12); 1.58 (sid) does the same.
# Guess:    a setting that it does not know, of a newer NetworkManager, stays, or it refuses the file, as netplan does.
# Seen:     it is gone, and so is a whole section that it does not know. No message, exit code 0.
# Matters:  a tool of an older system that sets one thing in the files of a newer one takes others away; a misspelt setting leaves no trace.
# Anneal:   changes no connections of hosts.
# Short:    NetworkManager 1.42.4 (and 1.58) | `nmcli --offline connection modify` keeps or refuses settings that it does not know | it drops them, and whole sections; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files n/network-manager/network-manager_1.42.4-1+deb12u1_amd64.deb n/network-manager/libnm0_1.42.4-1+deb12u1_amd64.deb
guess 'three settings, and autoconnect=false; or an error'

cd "$dir"
cat >connection <<'FILE'
[connection]
id=lan
uuid=5a9a9c59-9d29-4d20-8ac8-f7f2ad6c8c7e
type=ethernet
interface-name=eth0

[ethernet]
mtu=9000
later-setting=1

[later-section]
key=value
FILE
chmod 600 connection
nmcli --offline connection modify connection.autoconnect no <connection >changed 2>said && status=0 || status=$?
[ -s changed ] || skip "nmcli does not run here: $(tail -n 1 said)"
seen 'exit code, messages' '0, ' "$status, $(cat said)"
seen 'what was set' 'autoconnect=false mtu=9000' "$(grep -E '^(autoconnect|mtu)=' changed | paste -sd ' ')"
seen 'lines of what is not known' 0 "$(grep -cE 'later|key=' changed || true)"
