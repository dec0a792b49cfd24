#!/bin/sh
# Requests to a web server at a port of its own (6386), looked at in a capture with tshark.
# Versions: tshark 4.0.17, curl 7.88.1 (Debian 12).
# Guess:    `tshark -Y http.request` shows each of them, or none, for the server and its port are the same.
# Seen:     which are shown is a matter of the client's port, which the kernel draws: 44818 and 48898 are known for other protocols
#           (EtherNet/IP and ADS), so these requests are taken for that and not shown. With -d tcp.port==6386,http all are.
# Matters:  who counts the boots of machines by their requests misses one now and then, and no message says so.
# Anneal:   tells tshark which port speaks HTTP where its tests look at captures.
# Short:    tshark 4.0.17 | `tshark -Y http.request` shows all requests to a server at port 6386, or none | those whose client has a port such as 44818 are missing; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed, to capture'
unshare -n true 2>/dev/null || skip 'no namespace can be made here'
need tshark 4.0.17 dpkg-query -W tshark
need curl 7.88.1 curl --version
for program in tcpdump python3; do command -v "$program" >/dev/null || skip "$program is missing"; done
guess 'four requests'

cd "$dir"
echo there >file
cat >inside.sh <<'SH'
ip link set lo up
python3 -m http.server 6386 >server.log 2>&1 &
server=$!
tcpdump -i lo --immediate-mode -Z root -w packets port 6386 2>capture.log &
capture=$!
for _ in $(seq 100); do
  if grep -q 'listening on' capture.log && curl -fs -o answer --local-port 40000 http://127.0.0.1:6386/ready; then break; fi
  grep -q '404' server.log && break
  sleep 0.1
done
for port in 34567 44818 48898 50000; do curl -fsS -o "answer-$port" --local-port "$port" http://127.0.0.1:6386/file; done
sleep 1
kill -INT "$capture"
wait "$capture" || true
kill "$server"
wait "$server" || true
SH
timeout 60 unshare -n sh inside.sh >out 2>&1 || true
for port in 34567 44818 48898 50000; do
  [ "$(cat "answer-$port" 2>/dev/null)" = there ] || skip "no answer at port $port: $(tail -n 1 out)"
done
# shown OPTION...: the clients' ports of the requests for the file.
shown() { tshark -n -r packets "$@" -Y 'http.request.uri == "/file"' -T fields -e tcp.srcport 2>tshark.log | tr '\n' ' '; }
seen 'requests that tshark shows' '34567 50000 ' "$(shown)"
seen 'told of the port' '34567 44818 48898 50000 ' "$(shown -d tcp.port==6386,http)"
