#!/bin/sh
# A lease's id in the JSON of etcdctl.
# Versions: etcd 3.4.23 (Debian 12), jq 1.6.
# Guess:    the id of `etcdctl -w json lease grant` can be given to `etcdctl lease revoke`, read by jq or by JavaScript.
# Seen:     the JSON has it as a decimal number above 2^53: jq 1.6 and JavaScript round it to the id of a lease that is not there.
#           The commands take it in hexadecimal, and the text form prints it so.
# Matters:  a lock's keeper that reads JSON cannot give its lock back: it stands until its time is over.
# Anneal:   keeps no state in etcd.
# Short:    etcd 3.4.23, jq 1.6 | the lease id in `etcdctl -w json` is usable by jq or JavaScript | it is rounded to the id of no lease
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need etcdctl 3.4.23 etcdctl version
need etcd 3.4.23 etcd --version
need jq jq-1.6 jq --version
guess 'the same number, and the lease is revoked'

port=$((20000 + $$ % 20000))
client=http://127.0.0.1:$port
peer=http://127.0.0.1:$((port + 20000))
etcd --data-dir "$dir/data" --listen-client-urls "$client" --advertise-client-urls "$client" --listen-peer-urls "$peer" \
  --initial-advertise-peer-urls "$peer" --initial-cluster "default=$peer" >"$dir/log" 2>&1 &
server=$!
trap 'kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
ask() { ETCDCTL_API=3 etcdctl --endpoints "$client" "$@"; }
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
  ask endpoint health >/dev/null 2>&1 && break
  kill -0 "$server" || skip "etcd does not run here: $(tail -n 1 "$dir/log")"
  sleep 1
done
ask -w json lease grant 600 >"$dir/lease.json"
written=$(sed 's/.*"ID":\([0-9]*\).*/\1/' "$dir/lease.json")
read=$(jq .ID "$dir/lease.json")
seen 'is the number of jq the one that is written' no "$([ "$written" = "$read" ] && echo yes || echo no)"
seen 'revoked by the number of jq, in hexadecimal' 'requested lease not found' \
  "$(ask lease revoke "$(printf '%x' "$read")" 2>&1 | grep -o 'requested lease not found' | head -n 1)"
seen 'revoked by the number that is written, in hexadecimal' revoked \
  "$(ask lease revoke "$(printf '%x' "$written")" | grep -o 'revoked')"
