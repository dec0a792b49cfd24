#!/bin/sh
# What `lldpcli -f json show neighbors` prints on a machine with one cable, and with two.
# Versions: lldpd 1.0.16 (Debian 12).
# Guess:    `interface` is a list, or an object by the names of interfaces, in both cases.
# Seen:     with one neighbour it is an object, with two a list of objects; without any it is missing. `-f json0` is a list each time.
# Matters:  what was written on a machine with one link to the switch fails on a bonded one, or finds no neighbour.
# Anneal:   reads LLDP frames itself.
# Short:    lldpd 1.0.16 | `-f json` has neighbours as a list, or by name, each time | one is an object, two are a list, none is missing
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need lldpd 1.0.16 dpkg-query -W lldpd
[ "$(id -u)" = 0 ] || skip 'root is needed'
unshare -n -m true 2>/dev/null || skip 'no namespace can be made here'
guess 'list list'

cat >"$dir/inside" <<'SH'
# In a network of its own, with two cables to another one: the neighbour speaks on those that "$1" names.
mount -t tmpfs none /run
mkdir -p /run/lldpd
unshare -n sleep 120 &
holder=$!
sleep 0.3
for cable in 1 2; do
  ip link add "here$cable" type veth peer name "there$cable"
  ip link set "there$cable" netns "$holder"
  ip link set "here$cable" up
  nsenter -t "$holder" -n ip link set "there$cable" up
done
lldpd -d -u /run/here -I 'here*' >/dev/null 2>&1 &
here=$!
nsenter -t "$holder" -n lldpd -d -u /run/there -I "$1" >/dev/null 2>&1 &
there=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
  sleep 1
  lldpcli -u /run/there update >/dev/null 2>&1
  count=$(lldpcli -u /run/here -f keyvalue show neighbors summary 2>/dev/null | grep -c 'via=LLDP')
  [ "$count" = "$2" ] && break
done
lldpcli -u /run/here -f json show neighbors summary >"$3"
lldpcli -u /run/here -f json0 show neighbors summary >"$3.0"
kill "$here" "$there" "$holder" 2>/dev/null
wait
SH
trap 'rm -rf "$dir"' EXIT
shape() { python3 -c 'import json, sys; d = json.load(open(sys.argv[1]))["lldp"]; d = d[0] if isinstance(d, list) else d; print(type(d["interface"]).__name__)' "$1"; }
unshare -n -m sh "$dir/inside" 'there1' 1 "$dir/one" >"$dir/log" 2>&1 || true
unshare -n -m sh "$dir/inside" 'there*' 2 "$dir/two" >>"$dir/log" 2>&1 || true
[ -s "$dir/two" ] || skip "lldpd does not run here: $(tail -n 1 "$dir/log")"
seen 'one neighbour' dict "$(shape "$dir/one")"
seen 'two neighbours' list "$(shape "$dir/two")"
seen 'the same by json0' 'list list' "$(shape "$dir/one.0") $(shape "$dir/two.0")"
