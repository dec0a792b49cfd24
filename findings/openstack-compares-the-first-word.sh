#!/bin/sh
# The operators of OpenStack's requirements (`<or>`, `s==`, `>=`, …) on values of two words.
# Versions: oslo.utils 6.0.1 (Debian 12); 10.2.0 does the same.
# Guess:    specs_matcher.match(value, requirement) compares the whole text: "SSD NVMe" is "SSD NVMe", and not "SSD".
# Seen:     of a requirement the first word counts: "SSD NVMe" is not itself, and "SSD" matches the requirement "SSD NVMe". The
#           alternatives end at the first that has two words. Two equal texts are unequal by `s!=`. No error.
# Matters:  models of disks, processors and racks have blanks in their names. A machine is passed over, or the wrong one taken.
#           Ironic's own hints escape the text first.
# Anneal:   passes hints on to Ironic as they are.
# Short:    oslo.utils 6.0.1 (and 10.2.0) | a value of two words matches itself in a requirement | it does not; "SSD" matches "SSD NVMe"; alternatives behind are lost
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/python-oslo.utils/python3-oslo.utils_6.0.1-2_all.deb
guess 'True True False False True True False'

cd "$dir"
cat >match.py <<'PY'
import sys
from oslo_utils import specs_matcher
print(specs_matcher.match(*sys.argv[1:]))
PY
match() { PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 match.py "$@" 2>log || skip "oslo.utils does not run here: $(tail -n 1 log)"; }
seen 'SSD is SSD' True "$(match SSD SSD)"
seen 'SSD NVMe is SSD NVMe' False "$(match 'SSD NVMe' 'SSD NVMe')"
seen 'SSD is SSD NVMe' True "$(match SSD 'SSD NVMe')"
seen 'HDD is SSD NVMe' False "$(match HDD 'SSD NVMe')"
seen 'SSD NVMe is <or> SSD NVMe <or> HDD' False "$(match 'SSD NVMe' '<or> SSD NVMe <or> HDD')"
seen 'HDD is <or> SSD NVMe <or> HDD' False "$(match HDD '<or> SSD NVMe <or> HDD')"
seen 'SSD NVMe is not SSD NVMe, by s!=' True "$(match 'SSD NVMe' 's!= SSD NVMe')"
