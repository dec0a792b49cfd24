#!/bin/sh
# Ironic's root device hints with alternatives.
# Versions: ironic-lib 5.3.0 (Debian 12), which Ironic and its agent ask.
# Guess:    `<or> 100 <or> 200` works for "size" as it does for "name" and "model".
# Seen:     it is accepted, and no disk ever matches: the size is compared as the text "100.0" (or the like). `<or>` works for
#           the hints that are texts.
# Matters:  a node with the disk that was meant ends its deployment with "no suitable device", after its ramdisk has booted.
# Anneal:   passes hints on as they are.
# Short:    ironic-lib 5.3.0 | the hint `size: <or> 100 <or> 200` matches either size | it never matches; `<or>` works for texts
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/python-ironic-lib/python3-ironic-lib_5.3.0-2_all.deb
guess '/dev/sda for each'

cd "$dir"
cat >match.py <<'PY'
import logging
logging.disable(logging.CRITICAL)
from ironic_lib import utils
disk = {'name': '/dev/sda', 'size': 100 * 2**30, 'model': 'EXAMPLE SSD', 'serial': 'A1', 'vendor': 'ATA', 'wwn': '0x5', 'rotational': False}
for hint in [{'size': 100}, {'size': '>= 100'}, {'size': '<or> 100 <or> 200'}, {'name': '<or> /dev/sda <or> /dev/sdb'}, {'model': '<or> example ssd <or> x'}]:
    found = [found['name'] for found in utils.find_devices_by_hints([disk], hint)]
    print(found[0] if found else 'none')
PY
PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 match.py >out 2>log || skip "ironic-lib does not run here: $(tail -n 1 log)"
seen 'size 100' /dev/sda "$(sed -n 1p out)"
seen 'size >= 100' /dev/sda "$(sed -n 2p out)"
seen 'size <or> 100 <or> 200' none "$(sed -n 3p out)"
seen 'name <or> /dev/sda <or> /dev/sdb' /dev/sda "$(sed -n 4p out)"
seen 'model <or> example ssd <or> x' /dev/sda "$(sed -n 5p out)"
