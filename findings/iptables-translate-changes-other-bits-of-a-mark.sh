#!/bin/sh
# iptables-translate turns rules into rules of nft that set a part of a connection's or a packet's mark, as Neutron's
# L3 agent does for address scopes.
# Versions: iptables 1.8.9, nftables 1.0.6 (Debian 12); 1.8.13 (sid) does the same.
# Guess:    the rule of nft keeps the bits that the rule of iptables keeps: `--save-mark --nfmask 0xffff0000 --ctmask 0xffff0000` takes the
#           upper half of the packet's mark into the connection's, and `--set-xmark 0x1/0xff` makes its lowest byte 1.
# Seen:     the lower half of the connection's mark is cleared, and so is that of the packet by `--restore-mark`. By `--set-xmark 0x1/0xff`
#           nothing is set: nft reads `xor 0x1 and 0xffffff00` as `xor (0x1 and 0xffffff00)`, and leaves the mark as it is. No message,
#           exit code 0. (MARK with a mask is translated right.)
# Matters:  a router that is moved to nft loses the marks of others, and all rules load.
# Anneal:   sets no rules.
# Short:    iptables 1.8.9 (and 1.8.13) | `iptables-translate` keeps the bits of a mark that `--save-mark --ctmask` and `--set-xmark 0x1/0xff` keep | the other bits are cleared, and 0x1 is never set; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

iptables_translate
guess 'the bits outside of the mask stay, those inside change'

# mark WORD...: what the rule does is then in $rule.
mark() {
  translate iptables-translate -t mangle -A PREROUTING "$@"
  rule=$(sed -n "s/.* counter \(.*\)'/\1/p" "$dir/out")
}
mark -j MARK --set-xmark 0x1/0xff
seen 'MARK --set-xmark 0x1/0xff' 'meta mark set mark and 0xffffff00 xor 0x1' "$rule"
mark -j CONNMARK --save-mark --nfmask 0xffff0000 --ctmask 0xffff0000
seen 'CONNMARK --save-mark, upper half (the lower half of the old ct mark is nowhere)' 'ct mark set mark and 0xffff0000' "$rule"
mark -j CONNMARK --restore-mark --nfmask 0xffff0000 --ctmask 0xffff0000
seen 'CONNMARK --restore-mark, upper half (the lower half of the old mark is nowhere)' 'meta mark set ct mark and 0xffff0000' "$rule"
mark -j CONNMARK --set-xmark 0x1/0xff
seen 'CONNMARK --set-xmark 0x1/0xff' 'ct mark set ct mark xor 0x1 and 0xffffff00' "$rule"
seen 'exit code, messages' '0 0' "$status $(wc -c <"$dir/log")"

# What the kernel got, as nft lists it, in a network of its own.
if [ "$(id -u)" = 0 ] && [ "$(uname -m)" = x86_64 ]; then
  debian_files n/nftables/nftables_1.0.6-2+deb12u2_amd64.deb n/nftables/libnftables1_1.0.6-2+deb12u2_amd64.deb
  printf 'table ip mangle {\n chain PREROUTING {\n %s\n }\n}\n' "$rule" >"$dir/rules"
  # shellcheck disable=SC2016
  unshare --net sh -c '"$1/root/usr/sbin/nft" -f "$1/rules" && "$1/root/usr/sbin/nft" list table ip mangle' - "$dir" >"$dir/out" 2>"$dir/log" ||
    skip "nft does not run here: $(tail -n 1 "$dir/log")"
  seen 'the same, as nft lists it' 'ct mark set ct mark' "$(sed -n 's/^[[:space:]]*\(ct mark .*\)/\1/p' "$dir/out")"
fi
