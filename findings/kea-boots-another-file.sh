#!/bin/sh
# What Kea tells a client to boot, where its class and its subnet say so, and what `kea-dhcp4 -t` lets through.
# Versions: Kea 2.2.0 (Debian 12); 3.0.4 does the same.
# Guess:    the text of an option is sent whole. What the subnet says wins over the class, as it is nearer to the client, or the
#           class over the subnet. `option[93].hex == 0x7` is an x64 UEFI machine, as `== 0x0007` is. Of two subnets that
#           hold an address the narrower one serves it.
# Seen:     a text ends at its first comma. The class wins for the fields boot-file-name and next-server, the subnet for the options
#           67 and 66, in one answer. 0x7 is one byte, and equals no option of two. The first of two subnets serves all. `-t` finds nothing.
# Matters:  a root path "10.0.0.1:/nfs,vers=3" loses its options. The firmware that reads the fields boots another file than the
#           one that reads the options. UEFI machines get the file of the default.
# Anneal:   has no part in what a server of DHCP answers.
# Short:    Kea 2.2.0 (and 3.0.4) | a text is sent whole; for a boot file the class or the subnet counts | a comma ends it; class for the field, subnet for the option; `== 0x7` is never true
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'root is needed'
unshare -n -m true 2>/dev/null || skip 'no namespace can be made here'
debian_files i/isc-kea/kea-dhcp4-server_2.2.0-6_amd64.deb i/isc-kea/kea-common_2.2.0-6_amd64.deb l/log4cplus/liblog4cplus-2.0.5_2.0.8-1_amd64.deb \
  p/postgresql-15/libpq5_15.18-0+deb12u1_amd64.deb m/mariadb/libmariadb3_10.11.18-0+deb12u1_amd64.deb
guess 'the whole text; one of the two for field and option alike; x64; narrow'

cd "$dir"
PATH=$dir/root/usr/sbin:$PATH
cat >ask.py <<'PY'
# A PXE client of x64 UEFI behind a relay, whose address is the first argument: prints the fields and the texts of the offer.
import socket, struct, sys, time
relay = sys.argv[1]
link = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
link.bind((relay, 67))
link.settimeout(1)
option = lambda code, value: bytes([code, len(value)]) + value
packet = struct.pack('!BBBBIHH4s4s4s4s16s64s128s4s', 1, 1, 6, 1, 7, 0, 0, b'', b'', b'', socket.inet_aton(relay),
                     bytes.fromhex('525400000001'), b'', b'', bytes.fromhex('63825363'))
packet += option(53, b'\x01') + option(93, b'\x00\x07') + option(60, b'PXEClient') + option(55, bytes([17, 66, 67])) + b'\xff'
for attempt in range(15):
    try:
        link.sendto(packet, ('10.0.0.1', 67))
        offer = link.recv(4096)
        break
    except (socket.timeout, ConnectionError):
        time.sleep(0.2)
else:
    sys.exit('no answer')
texts, at = {}, 240
while offer[at] != 255:
    texts[offer[at]] = offer[at + 2:at + 2 + offer[at + 1]].decode('latin-1')
    at += 2 + offer[at + 1]
print('file=' + offer[108:236].rstrip(b'\0').decode())
print('next=' + socket.inet_ntoa(offer[20:24]))
for code in (17, 66, 67):
    print('%d=%s' % (code, texts.get(code, '')))
PY
cat >inside.sh <<'SH'
# In a network of its own: Kea at 10.0.0.1 and, in another, a client.
mount -t tmpfs none /run
mkdir -p /run/kea /run/lock/kea
export KEA_PIDFILE_DIR=/run/kea KEA_LOCKFILE_DIR=/run/kea
ip link set lo up
ip link add server type veth peer name client
unshare -n sleep 60 &
holder=$!
sleep 0.3
ip link set client netns "$holder"
ip address add 10.0.0.1/8 dev server
ip link set server up
nsenter -t "$holder" -n sh -c "ip address add $1/8 dev client; ip link set client up"
kea-dhcp4 -t config.json >test.log 2>&1 && echo 'test=0' || echo "test=$?"
kea-dhcp4 -c config.json >kea.log 2>&1 &
kea=$!
nsenter -t "$holder" -n env LD_LIBRARY_PATH= python3 ask.py "$1" || echo 'file=no answer'
kill "$kea" "$holder"
wait
SH
# offer RELAY CONFIGURATION
offer() {
  cat >config.json <<JSON
{ "Dhcp4": { "interfaces-config": { "interfaces": ["server"], "dhcp-socket-type": "udp" }, "lease-database": { "type": "memfile", "persist": false },
  "loggers": [{ "name": "kea-dhcp4", "severity": "WARN", "output_options": [{ "output": "stderr" }] }], $2 } }
JSON
  unshare -n -m sh inside.sh "$1" >out 2>log || true
}
says() { sed -n "s/^$1=//p" out; }
pool='"pools": [{ "pool": "10.0.0.10 - 10.0.0.20" }]'

offer 10.0.0.2 '"option-data": [{ "name": "root-path", "data": "10.0.0.1:/nfs,vers=3" }], "subnet4": [{ "id": 1, "subnet": "10.0.0.0/24", '"$pool"' }]'
[ -n "$(says 17)" ] || skip "Kea does not answer here: $(cat log kea.log 2>/dev/null | tail -n 1)"
seen 'root path of "10.0.0.1:/nfs,vers=3"' 10.0.0.1:/nfs "$(says 17)"
seen 'exit code of kea-dhcp4 -t' 0 "$(says test)"

class='"name": "uefi", "boot-file-name": "class", "next-server": "10.0.0.8", "option-data": [{ "name": "boot-file-name", "data": "class" }, { "name": "tftp-server-name", "data": "class" }]'
subnet='"id": 1, "subnet": "10.0.0.0/24", "boot-file-name": "subnet", "next-server": "10.0.0.9", "option-data": [{ "name": "boot-file-name", "data": "subnet" }, { "name": "tftp-server-name", "data": "subnet" }]'
offer 10.0.0.2 '"client-classes": [{ '"$class"', "test": "option[93].hex == 0x0007" }], "subnet4": [{ '"$subnet, $pool"' }]'
seen 'file, as a field and as option 67' 'class and subnet' "$(says file) and $(says 67)"
seen 'server, as a field and as option 66' '10.0.0.8 and subnet' "$(says next) and $(says 66)"

offer 10.0.0.2 '"client-classes": [{ '"$class"', "test": "option[93].hex == 0x7" }], "subnet4": [{ '"$subnet, $pool"' }]'
seen 'file where the test says 0x7' subnet "$(says file)"

offer 10.5.0.2 '"subnet4": [{ "id": 1, "subnet": "10.0.0.0/8", "boot-file-name": "wide", "pools": [{ "pool": "10.7.0.10 - 10.7.0.20" }] },
  { "id": 2, "subnet": "10.5.0.0/16", "boot-file-name": "narrow", "pools": [{ "pool": "10.5.0.10 - 10.5.0.20" }] }]'
seen 'file for 10.5.0.2, in 10.0.0.0/8 and 10.5.0.0/16' wide "$(says file)"
