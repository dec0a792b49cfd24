#!/bin/sh
# oslo.config and a comment that is indented, below an option of a service's configuration.
# Versions: oslo.config 9.0.0 (Debian 12); 10.7.0 (sid) does the same.
# Guess:    a line whose first character that is no space is `#` is a comment wherever it stands, as for Python's
#           configparser.
# Seen:     it is a second line of the option above: the user is "cinder\n# of ceph.conf", and of the types `ipmi, redfish` the last is
#           "redfish\n# no idrac". No message. Python's configparser reads "cinder" from the same file.
# Matters:  a comment that an operator indents changes the setting that it explains; the service looks for a driver or user of that name.
# Anneal:   reads no configuration of OpenStack's services.
# Short:    oslo.config 9.0.0 (and 10.7.0) | an indented `# comment` below an option of nova.conf or cinder.conf is a comment, as for configparser | it is part of the value above: "cinder\n# of ceph.conf"; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

command -v python3 >/dev/null || skip 'python3 is missing'
debian_files p/python-oslo.config/python3-oslo.config_9.0.0-3_all.deb
guess 'cinder; ipmi and redfish'

cd "$dir"
cat >service.conf <<'CONF'
[DEFAULT]
# a comment
enabled_hardware_types = ipmi, redfish
    # no idrac
debug = true

[ceph]
rbd_user = cinder
    # of ceph.conf
CONF
cat >read.py <<'PY'
import configparser
from oslo_config import cfg
conf = cfg.ConfigOpts()
conf.register_opts([cfg.ListOpt('enabled_hardware_types'), cfg.BoolOpt('debug')])
conf.register_opts([cfg.StrOpt('rbd_user')], group='ceph')
conf([], project='service', default_config_files=['service.conf'])
print('types', conf.enabled_hardware_types)
print('debug', conf.debug)
print('user', repr(conf.ceph.rbd_user))
other = configparser.ConfigParser()
other.read('service.conf')
print('configparser', repr(other['ceph']['rbd_user']))
PY
PYTHONPATH=root/usr/lib/python3/dist-packages LD_LIBRARY_PATH='' /usr/bin/python3 -W ignore read.py >out 2>log || skip "oslo.config does not run here: $(tail -n 1 log)"
said() { sed -n "s/^$1 //p" out; }
seen 'messages' 0 "$(wc -l <log)"
seen 'types' "['ipmi', 'redfish\\n# no idrac']" "$(said types)"
seen 'the user' "'cinder\\n# of ceph.conf'" "$(said user)"
seen 'the option behind' True "$(said debug)"
seen 'the user, by configparser' "'cinder'" "$(said configparser)"
