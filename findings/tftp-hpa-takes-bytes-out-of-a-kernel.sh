#!/bin/sh
# A binary file, fetched from dnsmasq by the client tftp-hpa as its manual shows it: `tftp HOST -c get FILE`.
# Versions: tftp-hpa 5.2 and dnsmasq 2.90 (Debian 12).
# Guess:    the file comes as it is: the mode is octet, as for curl, busybox and each boot ROM.
# Seen:     the mode is netascii, unless -m binary is said. dnsmasq sends a carriage return as it is, and the client takes a zero byte
#           behind it away: each 0d 00 of the file is 0d. No message, exit code 0.
# Matters:  a kernel or an initrd that is looked at by way of TFTP is shorter than the one that machines boot, and has another
#           checksum; one that is copied to another server so does not boot.
# Anneal:   has dnsmasq serve boot programs over TFTP, to firmware that asks for octets, and fetches nothing over TFTP.
# Short:    tftp-hpa 5.2, dnsmasq 2.90 | `tftp HOST -c get kernel` gives the bytes of the file | netascii is its default: each 0d 00 loses the zero; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed, for the port'
unshare -n true 2>/dev/null || skip 'no namespace can be made here'
need dnsmasq 'version 2.90' dnsmasq --version
debian_files t/tftp-hpa/tftp-hpa_5.2+20150808-1.4_amd64.deb
LD_LIBRARY_PATH=
guess 'the same by both'

cd "$dir"
chmod 755 .
mkdir files
printf 'MZ\r\000\r\001\r\n\n\000\r\000' >files/kernel
cat >inside.sh <<'SH'
ip link set lo up
dnsmasq --no-daemon --conf-file=/dev/null --port=0 --enable-tftp --tftp-root="$PWD/files" --listen-address=127.0.0.1 --bind-interfaces \
  --user=root --pid-file="$PWD/pid" >log 2>&1 &
server=$!
for _ in $(seq 50); do
  grep -q 'TFTP root' log && break
  sleep 0.1
done
tftp 127.0.0.1 -c get kernel plain >>log 2>&1 && echo 'plain=0' || echo "plain=$?"
tftp -m binary 127.0.0.1 -c get kernel binary >>log 2>&1 && echo 'binary=0' || echo "binary=$?"
kill "$server"
wait "$server" || true
SH
timeout 60 unshare -n sh inside.sh >out 2>>log || true
[ -s binary ] || skip "TFTP does not run here: $(tail -n 1 log)"
bytes() { od -An -tx1 "$1" | tr -d '\n' | sed 's/^ //'; }
seen 'on the server' '4d 5a 0d 00 0d 01 0d 0a 0a 00 0d 00' "$(bytes files/kernel)"
seen 'with -m binary' "$(bytes files/kernel)" "$(bytes binary)"
seen 'without' '4d 5a 0d 0d 01 0d 0a 0a 00 0d' "$(bytes plain)"
seen 'exit code' 0 "$(sed -n 's/^plain=//p' out)"
