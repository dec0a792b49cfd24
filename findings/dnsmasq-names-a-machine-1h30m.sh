#!/bin/sh
# A lease time of two parts for one machine, in dnsmasq's dhcp-host.
# Versions: dnsmasq 2.90 (Debian 12).
# Guess:    it is an hour and a half, or an error, as the same text is in dhcp-range.
# Seen:     the machine is named 1h30m, and its lease has the time of the range. No message. 12hours and forever are names, too.
# Matters:  a machine's lease is shorter or longer than written, and its cloud-init or installer takes 1h30m for the host name.
# Anneal:   the conductor's dnsmasq has one lease time, of its range.
# Short:    dnsmasq 2.90 | `dhcp-host=MAC,ADDRESS,1h30m` is a lease of 90 minutes, or an error as in `dhcp-range` | the machine is named "1h30m", and the range's time counts; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need dnsmasq 2.90 dnsmasq --version
[ "$(id -u)" = 0 ] || skip 'needs root, for a network of its own'
busybox udhcpc --help >/dev/null 2>&1 || skip 'busybox has no udhcpc here'
guess '5400 seconds, no name; or an error'

cd "$dir"
printf '#!/bin/sh\n[ "$1" = bound ] && echo "$lease seconds, named ${hostname:-nothing}" >>bound\nexit 0\n' >script
chmod +x script
cat >try <<'END'
ip link set lo up
ip link add server type veth peer name machine
ip link set machine address 52:54:00:00:00:01
ip address add 10.9.0.1/24 dev server
ip link set server up
ip link set machine up
for time in 90m 1h30m 12hours; do
  : >bound
  dnsmasq --no-daemon --conf-file=/dev/null --port=0 --interface=server --bind-interfaces --leasefile-ro \
    --dhcp-range=10.9.0.10,10.9.0.20,2h --dhcp-host="52:54:00:00:00:01,10.9.0.11,$time" 2>>log &
  server=$!
  tries=0
  until [ -s bound ] || [ "$tries" = 20 ]; do
    busybox udhcpc -i machine -n -q -f -t 1 -T 1 -O hostname -s ./script >/dev/null 2>&1 || true
    tries=$((tries + 1))
  done
  kill "$server"
  wait "$server" || true
  cat bound
done
dnsmasq --test --conf-file=/dev/null --dhcp-range=10.9.0.10,10.9.0.20,1h30m 2>&1 | grep -o 'bad dhcp-range'
END
unshare --net sh try >lines 2>err || true
[ "$(wc -l <lines)" = 4 ] || skip "no DHCP here: $(tail -n 1 err)"
line() { sed -n "$1p" lines; }
seen 'dhcp-host 90m' '5400 seconds, named nothing' "$(line 1)"
seen 'dhcp-host 1h30m' '7200 seconds, named 1h30m' "$(line 2)"
seen 'dhcp-host 12hours' '7200 seconds, named 12hours' "$(line 3)"
seen 'dhcp-range 1h30m' 'bad dhcp-range' "$(line 4)"
