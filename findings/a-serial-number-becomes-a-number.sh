#!/bin/sh
# fast-xml-parser on a domain of libvirt.
# Versions: fast-xml-parser 5.12.1.
# Guess:    what stands in an element is its text; parsed and built again, the domain is the same.
# Seen:     the serial number 000123 is 123, 1E5 is 100000, 0x1F is 31; a version 1.10 is 1.1, and a guest with the name 007 is 7.
#           Attributes are kept as text. No error; parseTagValue: false keeps all.
# Matters:  the guest's disk has another name in /dev/disk/by-id, its SMBIOS another serial number, its licence is gone, once
#           a tool that reads, changes and defines domains has touched it.
# Anneal:   takes each text of libvirt as text.
# Short:    fast-xml-parser 5.12.1 | a domain of libvirt that is parsed and built again is the same | the serial number 000123 is 123, 1E5 is 100000
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages fast-xml-parser@5.12.1
guess 'the domain as it was'

cd "$dir"
cat >domain.xml <<'XML'
<domain type="kvm"><name>007</name><sysinfo type="smbios"><system><entry name="serial">1E5</entry><entry name="version">1.10</entry></system></sysinfo><devices><disk type="file" device="disk"><target dev="vda" bus="virtio"/><serial>000123</serial></disk><disk type="file" device="disk"><target dev="vdb" bus="virtio"/><serial>0x1F</serial></disk></devices></domain>
XML
cat >again.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { XMLBuilder, XMLParser } from 'fast-xml-parser'
const options = { ignoreAttributes: false, suppressEmptyNode: true, ...JSON.parse(process.argv[2]) }
console.log(new XMLBuilder(options).build(new XMLParser(options).parse(readFileSync('domain.xml', 'utf8'))))
JS
texts() { grep -oE '<(name|entry[^>]*|serial)>[^<]*' "$1" | sed 's/.*>//' | paste -sd ' ' -; }
node again.mjs '{}' >again.xml
seen 'before' '007 1E5 1.10 000123 0x1F' "$(texts domain.xml)"
seen 'after' '7 100000 1.1 123 31' "$(texts again.xml)"
node again.mjs '{"parseTagValue":false}' >again.xml
seen 'after, with parseTagValue: false' '007 1E5 1.10 000123 0x1F' "$(texts again.xml)"
