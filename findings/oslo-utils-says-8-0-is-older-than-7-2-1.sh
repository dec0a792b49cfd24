#!/bin/sh
# Versions as numbers, by OpenStack's convert_version_to_int.
# Versions: oslo.utils 6.0.1 (Debian 12); 10.2.0 does the same.
# Guess:    the numbers have the order of the versions.
# Seen:     the number grows with the parts: 8.0 is 8000 and 7.2.1 is 7002001; 9 is 9. A part of 1000 or more runs into the
#           one before it: 1.2024.0 is 3.24.0. No error.
# Matters:  "at least 7.2.1" refuses 8.0, and what wants "at least 9" takes everything.
# Anneal:   compares versions part by part.
# Short:    oslo.utils 6.0.1 (and 10.2.0) | versions as numbers have the order of the versions | 8.0 is 8000, 7.2.1 is 7002001; 1.2024.0 is 3.24.0; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/python-oslo.utils/python3-oslo.utils_6.0.1-2_all.deb
guess 'True True True 1.2024.0'

cd "$dir"
cat >version.py <<'PY'
from oslo_utils import versionutils
number, text = versionutils.convert_version_to_int, versionutils.convert_version_to_str
print(number('8.0') > number('7.2.1'), number('9') > number('7.2.1'), number('8.0.0') > number('7.2.1'), text(number('1.2024.0')))
PY
said=$(PYTHONPATH=root/usr/lib/python3/dist-packages LD_LIBRARY_PATH='' /usr/bin/python3 -W ignore version.py 2>log) || skip "oslo.utils does not run here: $(tail -n 1 log)"
seen '8.0, 9 and 8.0.0 are newer than 7.2.1; 1.2024.0' 'False False True 3.24.0' "$said"
