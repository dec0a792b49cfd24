#!/bin/sh
# Inventory of a board (IPMI FRU) whose serial number is in BCD plus, one of the four encodings of the format.
# Versions: freeipmi 1.6.10 and pyghmi 1.5.34 (Debian 12); 1.6.20 and 1.6.13 do the same. ipmitool 1.8.19 reads it.
# Guess:    each reader shows the serial number 00012345: BCD plus is in Platform Management FRU Information Storage
#           Definition 1.0, section 13, since 1999.
# Seen:     ipmi-fru calls it "invalid BCD encoding", as every field of that kind. For pyghmi it is 012345, without a word: each
#           byte loses a zero at its front.
# Matters:  the machine is not found by the serial number on its label, and two machines may have one number.
# Anneal:   reads no FRU.
# Short:    freeipmi 1.6.10, pyghmi 1.5.34 (and 1.6.13) | a serial number in BCD plus is 00012345, as for ipmitool | "invalid BCD encoding"; 012345, without a word
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need ipmi-fru 1.6.10 ipmi-fru --version
debian_files p/python-pyghmi/python3-pyghmi_1.5.34-2_all.deb
guess '00012345 by each'

cd "$dir"
cat >make.py <<'PY'
def bcd(text):
    return bytes([0x40 | len(text) // 2]) + bytes('0123456789 -.'.index(text[i]) << 4 | '0123456789 -.'.index(text[i + 1]) for i in range(0, len(text), 2))
def latin(text):
    return bytes([0xc0 | len(text)]) + text.encode('latin-1')
def sealed(data):
    return data + bytes([-sum(data) & 255])
body = bytes([25]) + latin('Maker') + latin('Board') + latin('Part') + latin('V1') + bcd('00012345') + latin('Tag') + latin('File') + b'\xc1'
blocks = (len(body) + 10) // 8
product = sealed((bytes([1, blocks]) + body).ljust(8 * blocks - 1, b'\0'))
open('fru', 'wb').write(sealed(bytes([1, 0, 0, 0, 1, 0, 0])) + product)
PY
cat >read.py <<'PY'
from pyghmi.ipmi import fru
print(fru.FRU(rawdata=bytearray(open('fru', 'rb').read())).info['Serial Number'])
PY
python() { PYTHONPATH=root/usr/lib/python3/dist-packages LD_LIBRARY_PATH= /usr/bin/python3 -W ignore "$@" 2>log || skip "pyghmi does not run here: $(tail -n 1 log)"; }
python make.py
by_freeipmi() { LD_LIBRARY_PATH= ipmi-fru --fru-file=fru 2>/dev/null | sed -n "s/^ *FRU Product $1: //p"; }
seen 'product, by ipmi-fru' Board "$(by_freeipmi Name)"
seen 'serial number, by ipmi-fru' "Error 'FRU invalid BCD encoding'" "$(by_freeipmi 'Serial Number')"
seen 'serial number, by pyghmi' 012345 "$(python read.py)"
