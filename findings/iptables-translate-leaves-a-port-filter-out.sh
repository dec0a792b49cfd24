#!/bin/sh
# iptables-restore-translate makes a file for nft of rules as Neutron and libvirt set them: filters by the bridge's port (physdev), and
# the checksum of DHCP's answers.
# Versions: iptables 1.8.9 (Debian 12)
# Guess:    each rule is translated, or the command fails and names the rules that it cannot translate.
# Seen:     such a rule becomes a comment, between rules that are translated. Nothing on the error output, exit code 0. Its manual, whose
#           example loads such a file with `nft -f`, does not say so. `iptables-translate` with one such rule ends with 0, too.
# Matters:  the new ruleset loads without an error, and the guests' ports have no filter.
# Anneal:   sets no rules.
# Short:    iptables 1.8.9 | `iptables-restore-translate` translates Neutron's `physdev` rules, or fails | they are comments in the new file; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need iptables 1.8.9 dpkg-query -W iptables
guess 'every rule, or an error'

cd "$dir"
cat >rules <<'RULES'
*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:guest - [0:0]
-A FORWARD -m physdev --physdev-in tap1 --physdev-is-bridged -j guest
-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A guest -p udp --dport 67 -j ACCEPT
COMMIT
*mangle
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -o virbr0 -p udp --dport 68 -j CHECKSUM --checksum-fill
COMMIT
RULES
"$(command -v xtables-nft-multi)" iptables-restore-translate -f rules >out 2>log && status=0 || status=$?
[ -s out ] || skip "iptables-restore-translate does not run here: $(tail -n 1 log)"
seen 'exit code' 0 "$status"
seen 'messages' 0 "$(wc -l <log)"
seen 'rules that are translated' 2 "$(grep -c '^add rule' out)"
seen 'the jump to the guest' '# -t filter -A FORWARD -m physdev --physdev-in tap1 --physdev-is-bridged -j guest' "$(grep 'j guest' out | sed 's/ *$//')"
seen 'the checksum' '# -t mangle -A POSTROUTING -o virbr0 -p udp --dport 68 -j CHECKSUM --checksum-fill' "$(grep CHECKSUM out | sed 's/ *$//')"
