#!/bin/sh
# Negative numbers that snmp-native sends in a SetRequest, as for the thresholds of a sensor in tenths of a degree.
# Versions: snmp-native 1.2.0.
# Guess:    an INTEGER is sent as it was given: two's complement in as few bytes as hold it (X.690 8.3).
# Seen:     -129 to -255 have one byte, without the one that has the sign: -15.0 degrees (-150) are sent as 106. -32769 to -65535
#           lose it as well. -1, -128, -257 and -70000 are right. No error.
# Matters:  a power strip or a cooling unit takes a threshold that nobody set, and says that it was set.
# Anneal:   speaks no SNMP.
# Short:    snmp-native 1.2.0 | a threshold of -150 is sent as -150 | -129 to -255 lose their sign: it is 106; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages snmp-native@1.2.0
guess 'each number as it was given'

cd "$dir"
cat >set.cjs <<'JS'
const { createSocket } = require('node:dgram')
const { Session } = require('snmp-native')
const device = createSocket('udp4')
device.bind(0, '127.0.0.1', async () => {
  const session = new Session({ host: '127.0.0.1', port: device.address().port, timeouts: [100] })
  for (const value of [1, 128, 65536, -1, -128, -129, -150, -200, -256, -257, -32768, -32769, -70000]) {
    const packet = new Promise((resolve) => device.once('message', resolve))
    session.set({ oid: [1, 3, 6, 1, 4, 1, 99999, 1], type: 2, value }, () => {})
    // The value is the end of the packet, behind the object's name: 02, its length, its bytes.
    const bytes = await packet
    const name = Buffer.from('06092b06010401868d1f01', 'hex')
    const at = bytes.indexOf(name) + name.length
    console.log(value + '=' + bytes.readIntBE(at + 2, bytes[at + 1]))
  }
  session.close()
  device.close()
})
JS
node set.cjs >out 2>log || skip "snmp-native does not run here: $(head -n 5 log | tail -n 1)"
says() { sed -n "s/^$1=//p" out; }
for value in 1 128 65536 -1 -128 -256 -257 -32768 -70000; do seen "$value" "$value" "$(says "$value")"; done
seen -129 127 "$(says -129)"
seen -150 106 "$(says -150)"
seen -200 56 "$(says -200)"
seen -32769 32767 "$(says -32769)"
