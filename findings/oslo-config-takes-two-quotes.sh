#!/bin/sh
# Quotes and dollars in nova.conf, ironic.conf, neutron.conf: what oslo.config makes of them.
# Versions: oslo.config 9.0.0 (Debian 12).
# Guess:    a quoted list loses all of its quotes, or none. A password is taken as it is written.
# Seen:     exactly the first and the last quote of a line go: `"a", "b"` is the two values `a"` and `"b`. In a password `$name`
#           is replaced by the option of that name without a word, and by nothing where it has no value; where there is no such
#           option, the first service that reads it fails. `$$` is one dollar.
# Matters:  a service comes up with a password that nobody wrote, or a list with no value that matches.
# Anneal:   edits no configuration of a service; it binds the files that are there.
# Short:    oslo.config 9.0.0 | a quoted list loses all quotes or none; a password is literal | the first and the last quote go; `$name` in a password is replaced
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files p/python-oslo.config/python3-oslo.config_9.0.0-3_all.deb
guess "['a', 'b'] and the passwords as they are"

cd "$dir"
cat >service.conf <<'CONF'
[DEFAULT]
host = node1
interfaces = "a", "b"
plain = a, b
password = horse$host
doubled = horse$$host
unknown = horse$staple
CONF
cat >read.py <<'PY'
from oslo_config import cfg
conf = cfg.ConfigOpts()
names = ['host', 'password', 'doubled', 'unknown']
conf.register_opts([cfg.StrOpt(name) for name in names] + [cfg.ListOpt('interfaces'), cfg.ListOpt('plain')])
conf(['--config-file', 'service.conf'], project='example')
for name in ['interfaces', 'plain', 'password', 'doubled', 'unknown']:
    try:
        print(getattr(conf, name))
    except Exception as error:
        print(type(error).__name__)
PY
PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 read.py >out 2>log || skip "oslo.config does not run here: $(tail -n 1 log)"
seen '"a", "b"' "['a\"', '\"b']" "$(sed -n 1p out)"
seen 'a, b' "['a', 'b']" "$(sed -n 2p out)"
seen 'horse$host' horsenode1 "$(sed -n 3p out)"
seen 'horse$$host' 'horse$host' "$(sed -n 4p out)"
seen 'horse$staple' NoSuchOptError "$(sed -n 5p out)"
