#!/bin/sh
# Texts that look like numbers, given to `baremetal node create` and `set` as NAME=VALUE.
# Versions: python-ironicclient 5.0.1 (Debian 12); 6.3.0 has the same code.
# Guess:    a password, a serial number or a version is a text; a map or a list of JSON is read as such.
# Seen:     each value that JSON, or Python's reader of it, knows is what that says: the password 1234e5 is 123400000.0, the serial
#           number 12E4 is 120000.0, the version 1.10 is 1.1, "null" is nothing. 3e1415926 and Infinity go to Ironic as Infinity, which
#           JSON does not have. 0123 stays a text. No message.
# Matters:  random passwords of hex digits are now and then such a number: that BMC refuses Ironic, and `node show` has ******.
# Anneal:   takes passwords from a file or the environment, and sends them as texts.
# Short:    python-ironicclient 5.0.1 (and 6.3.0) | `ipmi_password=1234e5` is that text | it is 123400000.0; the serial number 12E4 is 120000.0; version 1.10 is 1.1
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/python-ironicclient/python3-ironicclient_5.0.1-2_all.deb
guess '1234e5, 12E4, 1.10, 3e1415926, null and 0123, as texts'

cd "$dir"
cat >send.py <<'PY'
import json
from ironicclient.common import utils
for text in ['1234e5', '12E4', '1.10', '3e1415926', 'null', '0123', '{"a": 1}']:
    node = utils.args_array_to_dict({'driver_info': ['ipmi_password=' + text]}, 'driver_info')
    patch = utils.args_array_to_patch('add', ['driver_info/ipmi_password=' + text])
    print('%s\t%s\t%s' % (text, json.dumps(node['driver_info']['ipmi_password']), json.dumps(patch[0]['value'])))
PY
PYTHONPATH=root/usr/lib/python3/dist-packages LD_LIBRARY_PATH= /usr/bin/python3 -W ignore send.py >out 2>log || skip "ironicclient does not run here: $(tail -n 1 log)"
sent() { awk -F '\t' -v text="$1" '$1 == text { print $2 " " $3 }' out; }
seen '1234e5, by create and by set' '123400000.0 123400000.0' "$(sent 1234e5)"
seen '12E4' '120000.0 120000.0' "$(sent 12E4)"
seen '1.10' '1.1 1.1' "$(sent 1.10)"
seen '3e1415926' 'Infinity Infinity' "$(sent 3e1415926)"
seen 'null' 'null null' "$(sent null)"
seen '0123' '"0123" "0123"' "$(sent 0123)"
