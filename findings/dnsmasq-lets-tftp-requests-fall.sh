#!/bin/sh
# The 51st machine that asks dnsmasq for its boot program by TFTP, while 50 others have begun and fallen silent.
# Versions: dnsmasq 2.90 (Debian 12).
# Guess:    it is served, or told that the server is busy, and the log says so.
# Seen:     no answer and no line in the log, until transfers that nobody goes on with end after some 30 seconds. tftp-max is 50 by
#           default; a higher one serves the same machine at once.
# Matters:  a rack that is switched on at once has more than 50 transfers: UEFI asks twice, once for the size alone. Firmware that gives
#           up earlier goes on to its next boot entry, and the server's log has nothing of it.
# Anneal:   its conductor sets tftp-max to 500.
# Short:    dnsmasq 2.90 | the 51st TFTP transfer at a time is served, or told that the server is busy | no answer, no line in the log, until silent transfers end after some 30 seconds
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

need dnsmasq 2.90 dnsmasq --version
export PATH
command -v python3 >/dev/null || skip 'python3 is missing'
[ "$(id -u)" = 0 ] || skip 'root is needed for a network namespace'
space=finding-tftp-$$
ip netns add "$space" 2>/dev/null || skip 'no network namespace can be made here'
server=
trap 'kill $server 2>/dev/null || true; ip netns del "$space"; rm -rf "$dir"' EXIT
ip -n "$space" link set lo up
guess 'an answer, or a line in the log'

cd "$dir"
chmod 755 "$dir"
head -c 100000 /dev/zero >boot.bin
cat >machines.py <<'MACHINES'
import socket, sys
# Each asks for the file (RFC 1350) and says no more.
held = []
for number in range(int(sys.argv[1])):
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.settimeout(1)
    one.sendto(b"\0\1boot.bin\0octet\0", ("127.0.0.1", 69))
    held.append(one)
    try:
        one.recvfrom(2000)
    except TimeoutError:
        break
else:
    number += 1
print(number)
MACHINES
try() {
  : >log
  ip netns exec "$space" dnsmasq -k --conf-file=/dev/null --port=0 --pid-file= --user=root --interface=lo --bind-interfaces --enable-tftp --tftp-root="$dir" --log-facility=- "$@" >log 2>&1 &
  server=$!
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    grep -q 'TFTP root' log && break
    sleep 0.5
  done
  ip netns exec "$space" python3 machines.py 100
}
seen 'machines that are answered, of 100' 51 "$(try)"
kill "$(ip netns pids "$space")"
seen 'lines of the log about the others' 0 "$(grep -vc -e started -e options -e 'TFTP root' -e exiting -e 'failed sending' log || true)"
seen 'with --tftp-max=500' 100 "$(try --tftp-max=500)"
kill "$(ip netns pids "$space")"
