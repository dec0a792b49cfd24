#!/bin/sh
# What dmidecode prints of a machine, read by the npm package of that name.
# Versions: dmidecode (npm) 1.0.7; dmidecode 3.4 prints the tables.
# Guess:    an object has the values that dmidecode printed.
# Seen:     a PCI address is cut at its first colon and becomes the number 0; a serial number of digits loses its zeros. No error.
# Matters:  devices of a machine are told apart by their address, and machines by their serial number.
# Anneal:   its deploy ramdisk reads /sys/class/dmi, and takes texts for texts.
# Short:    dmidecode (npm) 1.0.7, dmidecode 3.4 | a device at 0000:03:00.0 has that address | its address is the number 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages dmidecode@1.0.7
need dmidecode 3.4 dmidecode --version
guess 'Bus Address 0000:03:00.0, Serial Number 0004711'

cd "$dir"
cat >tables.cjs <<'JS'
const { writeFileSync } = require('node:fs')
const structure = (type, handle, body, strings) => {
  const head = [type, 4 + body.length, handle & 255, handle >> 8]
  return Buffer.concat([Buffer.from([...head, ...body]), Buffer.from(`${strings.map((one) => `${one}\0`).join('') || '\0'}\0`)])
}
const uuid = Array.from({ length: 16 }, (_, index) => index + 1)
const tables = Buffer.concat([
  structure(1, 1, [1, 2, 0, 3, ...uuid, 6, 0, 0], ['Example', 'Server', '0004711']),
  structure(41, 2, [1, 0x85, 1, 0, 0, 3, 0], ['NIC1']),
  structure(127, 3, [], []),
])
// The entry point of SMBIOS 2.8; a dump has the tables at offset 32.
const entry = Buffer.alloc(32)
entry.write('_SM_', 0)
entry.set([0, 31, 2, 8], 4)
entry.write('_DMI_', 16)
entry.writeUInt16LE(tables.length, 22)
entry.writeUInt32LE(32, 24)
entry.writeUInt16LE(3, 28)
entry[30] = 0x28
const fit = (at, from, to) => (entry[at] = (256 - (entry.subarray(from, to).reduce((sum, byte) => sum + byte, 0) % 256)) % 256)
fit(21, 16, 31)
fit(4, 0, 31)
writeFileSync('tables.bin', Buffer.concat([entry, tables]))
JS
node tables.cjs
mkdir bin
# Of tables in memory, and not in a dump, dmidecode also prints where they lie.
dmidecode --from-dump tables.bin | sed 's/^SMBIOS .* present\.$/&\nTable at 0x000F0000./' >printed
printf '#!/bin/sh\ncat %s/printed\n' "$dir" >bin/dmidecode
chmod +x bin/dmidecode
cat >read.cjs <<'JS'
require('dmidecode').all((machine) => {
  console.log(JSON.stringify(machine['Onboard Device']['Bus Address']), JSON.stringify(machine['System Information']['Serial Number']))
})
JS
printed() { sed -n "s/^\t$1: //p" printed; }
seen 'dmidecode' '0000:03:00.0 0004711' "$(printed 'Bus Address') $(printed 'Serial Number')"
seen 'the package' '0 4711' "$(PATH=$dir/bin:$PATH node read.cjs)"
