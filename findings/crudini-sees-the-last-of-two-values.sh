#!/bin/sh
# crudini, with which deployments edit nova.conf and neutron.conf, and an option that is given several times.
# Versions: crudini 0.9.4, iniparse 0.5, oslo.config 9.0.0 (Debian 12); crudini 0.9.6 does the same.
# Guess:    `--get` prints every value of the option, or refuses; `--set` leaves the value that it was given.
# Seen:     `--get` prints the last. `--set` replaces the last alone: the service reads the others, and the new one. `--merge` does
#           so as well. Exit code 0, no message.
# Matters:  [pci] alias and device_spec, dhcp-option-like settings, notification and log filters are such options (MultiOpt). A
#           deployment that sets the one value it wants adds it to those that it means to replace.
# Anneal:   edits no such files.
# Short:    crudini 0.9.4 (and 0.9.6), oslo.config 9.0.0 | `--set` of an option that is given twice leaves the new value alone | the first value stays, the service reads both; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files c/crudini/crudini_0.9.4-1_amd64.deb p/python-iniparse/python3-iniparse_0.5-1_all.deb \
  p/python-oslo.config/python3-oslo.config_9.0.0-3_all.deb
guess 'gpu and nic; new alone, or an error'

cd "$dir"
PYTHONPATH=root/usr/lib/python3/dist-packages
export PYTHONPATH
cat >nova.conf <<'CONF'
[pci]
alias = gpu
alias = nic
CONF
cat >read.py <<'PY'
from oslo_config import cfg
conf = cfg.ConfigOpts()
conf.register_opts([cfg.MultiStrOpt('alias')], 'pci')
conf(['--config-file', 'nova.conf'], project='nova')
print(conf.pci.alias)
PY
service() { /usr/bin/python3 read.py 2>log || skip "oslo.config does not run here: $(tail -n 1 log)"; }
edit() { /usr/bin/python3 root/usr/bin/crudini "$@" 2>log || skip "crudini does not run here: $(tail -n 1 log)"; }
seen 'the service reads' "['gpu', 'nic']" "$(service)"
seen 'crudini --get' nic "$(edit --get nova.conf pci alias)"
edit --set nova.conf pci alias new
seen 'the service, after --set' "['gpu', 'new']" "$(service)"
printf '[pci]\nalias = newer\n' | edit --merge nova.conf
seen 'the service, after --merge' "['gpu', 'newer']" "$(service)"
seen 'message' '' "$(cat log)"
