#!/bin/sh
# A file that the server does not have, fetched over an older copy of it.
# Versions: tftp-hpa 5.2, atftp 0.8.0, BusyBox 1.35.0, curl 7.88.1 and dnsmasq 2.90 (Debian 12).
# Guess:    each client says that it failed, by its exit code, and leaves the older copy.
# Seen:     tftp-hpa ends with 0, and the older copy is empty. atftp ends with an error, and empties it as well. BusyBox and curl end
#           with an error and leave it.
# Matters:  a script that refreshes kernels or configurations of switches, and goes on where the exit code is 0, puts an empty file into
#           their place. Without a server tftp-hpa's exit code is 69, so a test with the server switched off shows nothing.
# Anneal:   fetches nothing over TFTP.
# Short:    tftp-hpa 5.2, atftp 0.8.0 | a client that gets "File not found" fails, and leaves the older copy | tftp-hpa ends with 0 and an empty file in its place, atftp with an error and one
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed, for the port'
unshare -n true 2>/dev/null || skip 'no namespace can be made here'
need dnsmasq 'version 2.90' dnsmasq --version
need busybox 1.35.0 busybox
need curl 7.88.1 curl --version
debian_files t/tftp-hpa/tftp-hpa_5.2+20150808-1.4_amd64.deb a/atftp/atftp_0.8.0-3_amd64.deb
unset LD_LIBRARY_PATH
guess 'an error and the older copy, by each'

cd "$dir"
chmod 755 .
mkdir files
echo kernel >files/there
cat >inside.sh <<'SH'
ip link set lo up
dnsmasq --no-daemon --conf-file=/dev/null --port=0 --enable-tftp --tftp-root="$PWD/files" --listen-address=127.0.0.1 --bind-interfaces \
  --user=root --pid-file="$PWD/pid" >log 2>&1 &
server=$!
for _ in $(seq 50); do
  grep -q 'TFTP root' log && break
  sleep 0.1
done
# Of a file that is there, and of one that is not, over an older copy.
for file in there missing; do
  for client in tftp-hpa atftp busybox curl; do
    echo older >"$client"
    case $client in
    tftp-hpa) tftp -m binary 127.0.0.1 -c get "$file" "$client" ;;
    atftp) atftp -g -r "$file" -l "$client" 127.0.0.1 ;;
    busybox) busybox tftp -g -r "$file" -l "$client" 127.0.0.1 ;;
    curl) curl -sS -o "$client" "tftp://127.0.0.1/$file" ;;
    esac >>log 2>&1 && status=0 || status=$?
    echo "$file $client: $status $([ -e "$client" ] && cat "$client" || echo removed)"
  done
done
kill "$server"
wait "$server" || true
SH
timeout 60 unshare -n sh inside.sh >out 2>>log || true
said() { sed -n "s/^$1: //p" out; }
[ "$(said 'there curl')" = '0 kernel' ] || skip "TFTP does not run here: $(tail -n 1 log)"
for client in tftp-hpa atftp busybox; do seen "$client, of a file that is there" '0 kernel' "$(said "there $client")"; done
seen 'tftp-hpa, of one that is not' '0 ' "$(said 'missing tftp-hpa')"
seen 'atftp' '255 ' "$(said 'missing atftp')"
seen 'busybox' '1 older' "$(said 'missing busybox')"
seen 'curl' '68 older' "$(said 'missing curl')"
