#!/bin/sh
# iptables-translate turns `iptables -I INPUT 3 …`, a rule that stands behind two others, into a rule of nft.
# Versions: iptables 1.8.9 (Debian 12); 1.8.11 (Debian 13) and 1.8.13 (sid) make it the fourth, `index 3`: nft counts from 0.
# Guess:    the rule is the third for nft, too (`insert rule … index 2`), or the command says that it cannot translate the place, as it does
#           of `-D INPUT 3` and `-R INPUT 3`.
# Seen:     `insert rule ip filter INPUT …`: the place is dropped, and nft makes it the first. `ebtables-translate -I FORWARD 3` does the same,
#           in 1.8.13, too. Of `--ctstate NEW,DNAT` NEW is dropped. No message, exit code 0.
# Matters:  a script's "drop the rest", put behind the two rules that let management in, stands before them: the machine is unreachable.
# Anneal:   sets no rules.
# Short:    iptables 1.8.9 (1.8.13: other) | `iptables-translate -I INPUT 3` makes it the third rule, or fails as `-D INPUT 3` does | it is the first (by 1.8.13 the fourth); of `--ctstate NEW,DNAT` NEW is left out; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

iptables_translate
guess 'index 2, or a message'

translate iptables-translate -I INPUT 3 -j DROP
seen '-I INPUT 3, exit code' 0 "$status"
seen '-I INPUT 3, messages' '' "$(cat "$dir/log")"
seen '-I INPUT 3' "nft 'insert rule ip filter INPUT counter drop'" "$(cat "$dir/out")"
translate iptables-translate -I INPUT 1 -j DROP
seen '-I INPUT 1' "nft 'insert rule ip filter INPUT counter drop'" "$(cat "$dir/out")"
translate ebtables-translate -I FORWARD 3 -j DROP
seen 'ebtables, -I FORWARD 3' "nft 'insert rule bridge filter FORWARD counter drop'" "$(cat "$dir/out")"
translate iptables-translate -D INPUT 3
seen '-D INPUT 3, exit code and message' '1 Translation not implemented' "$status $(head -n 1 "$dir/log")"
translate iptables-translate -A FORWARD -m conntrack --ctstate NEW,DNAT -j ACCEPT
seen '--ctstate NEW,DNAT, exit code' 0 "$status"
seen '--ctstate NEW,DNAT' "nft 'add rule ip filter FORWARD ct status dnat counter accept'" "$(cat "$dir/out")"
