#!/bin/sh
# ISC dhcpd's file of leases, read by dhcpd-leases.
# Versions: dhcpd-leases 0.1.2.
# Guess:    a lease that `ends never` has no end, and one in `epoch` seconds has that time: dhcpd.leases(5) has both forms.
# Seen:     either ends the reading of the whole file with an error ("lease.ends (date) is required"); the other leases are
#           not given, either. A lease that was renewed is given twice, the older first, though the last one counts.
# Matters:  BOOTP clients get leases for ever: the first machine that boots so takes all others out of the list.
# Anneal:   reads no leases; it asks Ironic and Neutron for a machine's address.
# Short:    dhcpd-leases 0.1.2 | a lease that `ends never`, or in epoch seconds, is read | an error in place of all leases of the file
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages dhcpd-leases@0.1.2
guess 'two leases for each file, the renewed one once'

cd "$dir"
cat >run.mjs <<'JS'
import leases from 'dhcpd-leases'
const read = leases.default ?? leases
const lease = (ip, starts, ends) =>
  `lease ${ip} {\n  starts ${starts};\n  ends ${ends};\n  binding state active;\n  hardware ethernet 52:54:00:12:34:56;\n}\n`
const first = lease('192.0.2.10', '4 2024/01/04 10:00:00', '4 2024/01/04 11:00:00')
const say = (text) => {
  try {
    console.log(read(text).map((one) => one.ip).join(' '))
  } catch (error) {
    console.log(error.message)
  }
}
say(first + lease('192.0.2.11', '4 2024/01/04 10:00:00', '4 2024/01/04 11:00:00'))
say(first + lease('192.0.2.11', '4 2024/01/04 10:00:00', 'never'))
say(first + lease('192.0.2.11', 'epoch 1704362400', 'epoch 1704366000'))
say(first + lease('192.0.2.10', '4 2024/01/04 10:30:00', '4 2024/01/04 11:30:00'))
JS
node run.mjs >out
seen 'two leases' '192.0.2.10 192.0.2.11' "$(sed -n 1p out)"
seen 'one of them for ever' 'lease.ends (date) is required' "$(sed -n 2p out)"
seen 'one of them in seconds' 'lease.starts (date) is required' "$(sed -n 3p out)"
seen 'one that was renewed' '192.0.2.10 192.0.2.10' "$(sed -n 4p out)"
