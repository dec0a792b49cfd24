#!/bin/sh
# Ansible's ini_file sets an option of nova.conf whose value stands on two lines, as oslo.config and Python's configparser read it.
# Versions: Ansible 12.0.0 (community.general 11, Debian 13), 14.4.0 does the same; oslo.config 9.0.0 (Debian 12).
# Guess:    the option has the new value alone, as when Python's configparser writes the file.
# Seen:     the first line is replaced, the second stays, and belongs to the new value: "osapi_compute\nmetadata". "changed", no warning.
#           With `state: absent` the second line becomes part of the option above.
# Matters:  the service reads another value than the play says, each run of the play says "ok", and deleting an option breaks its neighbour.
# Anneal:   reads no configuration of OpenStack's services.
# Short:    Ansible 12.0.0 (and 14.4.0), oslo.config 9.0.0 | ini_file gives an option of nova.conf its new value | the second line of the old value stays a part of it, and of the option above when the option is removed; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

ansible
debian_files p/python-oslo.config/python3-oslo.config_9.0.0-3_all.deb
unset LD_LIBRARY_PATH
guess "['osapi_compute']; without it, my_ip is 10.0.0.2"

cd "$dir"
mkdir oslo
cp -r root/usr/lib/python3/dist-packages/oslo_config oslo/
write() { printf '[DEFAULT]\nmy_ip = 10.0.0.2\nenabled_apis = osapi_compute,\n  metadata\ndebug = false\n' >nova.conf; }
ini_file() { ansible_module community.general.plugins.modules.ini_file '{"path": "'"$dir"'/nova.conf", "section": "DEFAULT", "option": "enabled_apis", '"$1"'}'; }
cat >read.py <<'PY'
import sys
from oslo_config import cfg
conf = cfg.ConfigOpts()
conf.register_opts([cfg.ListOpt('enabled_apis'), cfg.StrOpt('my_ip')])
conf([], project='nova', default_config_files=['nova.conf'])
print(conf.enabled_apis if sys.argv[1] == 'apis' else repr(conf.my_ip))
PY
reads() { PYTHONPATH=oslo /usr/bin/python3 -W ignore read.py "$1" 2>log || echo "oslo.config does not run here: $(tail -n 1 log)"; }
write
seen 'before' "['osapi_compute', 'metadata']" "$(reads apis)"
ini_file '"value": "osapi_compute"'
seen 'answer' '"changed": true' "$(grep -o '"changed": [a-z]*' answer)"
seen 'afterwards' "['osapi_compute\\nmetadata']" "$(reads apis)"
ini_file '"value": "osapi_compute"'
seen 'once more' '"changed": false' "$(grep -o '"changed": [a-z]*' answer)"
write
ini_file '"state": "absent"'
seen 'removed' '"changed": true' "$(grep -o '"changed": [a-z]*' answer)"
seen 'the option above' "'10.0.0.2\\nmetadata'" "$(reads my_ip)"
