#!/bin/sh
# Which PCI devices nova may give to guests: the address in `[pci] device_spec` as a text and as an object.
# Versions: nova 26.2.2 (Debian 12).
# Guess:    both forms say the same: bus 0A is 0a, and bus 0 is bus 00.
# Seen:     as a text, 0A is 0a. In an object 0A matches no device, and bus "0" matches each bus from 00 to 0f: each field is the start of
#           an expression, with capitals. Without an address every device matches: a misspelt key is a tag. No message.
# Matters:  no device is offered, and no instance with one is placed; or guests get devices of the host.
# Anneal:   reads what guests have, and no nova.conf's devices.
# Short:    nova 26.2.2 | `"bus": "0A"` in the address of a device_spec is bus 0a, as in `"0A:00.*"`, and `"0"` is bus 00 | 0A matches no device, 0 each bus from 00 to 0f; a misspelt key matches all devices; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
plain=$PATH
debian_files n/nova/python3-nova_26.2.2-1~deb12u4_all.deb p/python-os-resource-classes/python3-os-resource-classes_1.1.0-2_all.deb \
  p/python-os-traits/python3-os-traits_2.9.0-2_all.deb
PATH=$plain LD_LIBRARY_PATH=
guess 'yes yes yes no no'

cd "$dir"
cat >match.py <<'PY'
import json, sys
from nova.pci import devspec
device = {'vendor_id': '8086', 'product_id': '10fb', 'address': '0000:0a:00.1', 'dev_type': 'type-PCI'}
print('yes' if devspec.PciDeviceSpec(json.loads(sys.argv[1])).match(device) else 'no')
PY
matches() {
  PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 -W ignore match.py "$1" >out 2>log || skip "nova does not run here: $(tail -n 1 log)"
}
is() {
  matches "$1"
  seen "$1 matches 0000:0a:00.1" "$2" "$(cat out)"
}
is '{"address": "0A:00.*"}' yes
is '{"address": {"bus": "0a", "slot": "00", "function": "1"}}' yes
is '{"address": {"bus": "0A", "slot": "00", "function": "1"}}' no
is '{"address": {"bus": "0", "slot": "0", "function": "1"}}' yes
is '{"adress": "0b:00.1"}' yes
seen 'lines of a warning' 0 "$(grep -ci 'adress' log || true)"
