#!/bin/sh
# Packets of DHCP clients, read by dhcp, a server for Node.
# Versions: dhcp 0.2.20.
# Guess:    a client's identifier (option 61, RFC 2132 9.14) is there whole; a pad (option 0) has one byte; the netmask that the
#           server makes of a range, "the minimal CIDR", is minimal.
# Seen:     the identifier ends with its first zero: of each virtual machine of QEMU (52:54:00:…) it is the same three bytes. Behind
#           one pad a byte is skipped: the list of what the client asks for is gone, and a time zone is there. 10.0.0.2 to
#           10.0.0.254 is a /23. No error.
# Matters:  leases by identifier go to the wrong machine. A client that pads its options gets no boot file.
# Anneal:   has dnsmasq serve addresses.
# Short:    dhcp 0.2.20 | a client’s identifier is whole; a pad between options has one byte | it ends with its first zero, so all of QEMU are one; another option
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages dhcp@0.2.20
guess '7 bytes; options 53 and 55; 255.255.255.0'

cd "$dir"
cat >read.cjs <<'JS'
const { parse } = require('dhcp/lib/protocol.js')
const tools = require('dhcp/lib/tools.js')
const [ask, ...values] = process.argv.slice(2)
const head = Buffer.alloc(240)
head.set([1, 1, 6])
head.set([0x52, 0x54, 0x00, 0x12, 0x34, 0x56], 28)
head.writeUInt32BE(0x63825363, 236)
const options = (...bytes) => parse(Buffer.concat([head, Buffer.from(bytes), Buffer.alloc(60)])).options
try {
  if (ask === 'identifier') console.log(Buffer.from(options(53, 1, 1, 61, 7, 1, ...values.map((text) => parseInt(text, 16)), 255)[61]).toString('hex'))
  else if (ask === 'pads') console.log(JSON.stringify(options(53, 1, 1, ...values.map(Number), 55, 2, 1, 3, 255)))
  else console.log(tools.formatIp(tools.netmaskFromRange(...values)))
} catch (error) {
  console.log(error.name)
}
JS
seen 'identifier of 02:11:22:33:44:55' 01021122334455 "$(node read.cjs identifier 02 11 22 33 44 55)"
seen 'identifier of 52:54:00:12:34:56' 015254 "$(node read.cjs identifier 52 54 00 12 34 56)"
seen 'identifier of 52:54:00:ab:cd:ef' 015254 "$(node read.cjs identifier 52 54 00 ab cd ef)"
seen 'options' '{"53":1,"55":[1,3]}' "$(node read.cjs pads)"
seen 'options with one pad between them' '{"2":67043328,"53":1}' "$(node read.cjs pads 0)"
seen 'netmask of 10.0.0.2 to 10.0.0.254' 255.255.254.0 "$(node read.cjs netmask 10.0.0.2 10.0.0.254)"
seen 'netmask of 10.0.0.1 to 10.0.0.254' 255.255.255.0 "$(node read.cjs netmask 10.0.0.1 10.0.0.254)"
