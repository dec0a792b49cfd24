#!/bin/sh
# A ruleset with a dormant table is saved by `nft -j list ruleset` and loaded again by `nft -j -f`, as programs do that read nftables as JSON.
# Versions: nftables 1.0.6 (Debian 12). 1.1.7 (Debian sid) keeps all of it.
# Guess:    the ruleset is what it was.
# Seen:     the table is active: its chain drops now. `auto-merge` of a set is gone, too, and so are the comments of table and set. Exit code 0.
#           The same by `nft list ruleset` and `nft -f` keeps everything.
# Matters:  a firewall that was switched off by its flag locks a node out when a backup is restored.
# Anneal:   reads and writes no ruleset.
# Short:    nftables 1.0.6 (not 1.1.7) | a ruleset that is saved and loaded as JSON is what it was | a dormant table is active afterwards; `auto-merge` and comments are gone
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
command -v busybox >/dev/null || skip 'busybox is missing'
debian_files n/nftables/nftables_1.0.6-2+deb12u2_amd64.deb n/nftables/libnftables1_1.0.6-2+deb12u2_amd64.deb \
  libn/libnftnl/libnftnl11_1.2.4-2_amd64.deb j/jansson/libjansson4_2.14-2_amd64.deb libm/libmnl/libmnl0_1.0.4-3_amd64.deb \
  libe/libedit/libedit2_3.1-20221030-2_amd64.deb i/iptables/libxtables12_1.8.9-2_amd64.deb
PATH=$dir/root/usr/sbin:$PATH
guess 'dormant, auto-merge'

cat >"$dir/rules" <<'NFT'
table ip guard {
  comment "not yet"
  flags dormant
  set tenants {
    type ipv4_addr
    flags interval
    auto-merge
    comment "of tenants"
    elements = { 192.0.2.0/25, 192.0.2.128/25 }
  }
  chain input {
    type filter hook input priority 0; policy drop;
    ip saddr @tenants accept
  }
}
NFT
cat >"$dir/try" <<'SH'
has() { nft list ruleset | grep -c "$1" || true; }
told() { echo "dormant $(has 'flags dormant'), auto-merge $(has auto-merge), comments $(has comment)"; }
nft -f "$1/rules"
nft list ruleset >"$1/text"
nft -j list ruleset >"$1/json"
nft flush ruleset && nft -f "$1/text" && told
nft flush ruleset && nft -j -f "$1/json" && told
ip link set lo up
busybox ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 && echo answers || echo 'no answer'
nft flush ruleset && nft -f "$1/text"
busybox ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1 && echo answers || echo 'no answer'
SH
unshare --net sh "$dir/try" "$dir" >"$dir/said" 2>&1 || skip "nft does not run here: $(tail -n 1 "$dir/said")"
seen 'as text' 'dormant 1, auto-merge 1, comments 2' "$(sed -n 1p "$dir/said")"
seen 'as JSON' 'dormant 0, auto-merge 0, comments 0' "$(sed -n 2p "$dir/said")"
seen 'a ping within the node, after JSON' 'no answer' "$(sed -n 3p "$dir/said")"
seen 'a ping within the node, after text' 'answers' "$(sed -n 4p "$dir/said")"
