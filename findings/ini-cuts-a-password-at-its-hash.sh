#!/bin/sh
# ini, which npm itself uses, on the configuration of an OpenStack service.
# Versions: ini 7.0.0; oslo.config 9.0.0 (Debian 12) for comparison.
# Guess:    the values are those that the service reads: a `#` or `;` is a comment at the start of a line.
# Seen:     a value ends at its first `#` or `;`. Of an option that is given twice the last is there. A value that goes on in the
#           next line ends, and the next line is an option that is true. What is written back has lost all of it. No error.
# Matters:  connection= and transport_url= have passwords in them; [pci] alias is given several times. A tool that changes one option
#           of nova.conf with this library breaks the others.
# Anneal:   leaves the configuration of services to their images.
# Short:    ini 7.0.0, oslo.config 9.0.0 | values of nova.conf are those that the service reads | they end at `#` or `;`; of two the last; a second line is true
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages ini@7.0.0
debian_files p/python-oslo.config/python3-oslo.config_9.0.0-3_all.deb
guess 'the same for both'

cd "$dir"
cat >nova.conf <<'CONF'
[database]
connection = mysql+pymysql://nova:a#b@db/nova
[pci]
alias = gpu
alias = nic
[filter_scheduler]
enabled_filters = ComputeFilter,
  ImagePropertiesFilter
CONF
cat >read.mjs <<'JS'
import { readFileSync } from 'node:fs'
import { parse } from 'ini'
const { database, pci, filter_scheduler } = parse(readFileSync('nova.conf', 'utf8'))
console.log([database.connection, pci.alias, JSON.stringify(filter_scheduler)].join('\n'))
JS
cat >read.py <<'PY'
from oslo_config import cfg
conf = cfg.ConfigOpts()
conf.register_opts([cfg.StrOpt('connection')], 'database')
conf.register_opts([cfg.MultiStrOpt('alias')], 'pci')
conf.register_opts([cfg.ListOpt('enabled_filters')], 'filter_scheduler')
conf(['--config-file', 'nova.conf'], project='nova')
print(conf.database.connection, conf.pci.alias, conf.filter_scheduler.enabled_filters, sep='\n')
PY
PYTHONPATH=root/usr/lib/python3/dist-packages /usr/bin/python3 read.py >service 2>log || skip "oslo.config does not run here: $(tail -n 1 log)"
node read.mjs >library
seen 'connection, by the service' 'mysql+pymysql://nova:a#b@db/nova' "$(sed -n 1p service)"
seen 'connection' 'mysql+pymysql://nova:a' "$(sed -n 1p library)"
seen 'alias, by the service' "['gpu', 'nic']" "$(sed -n 2p service)"
seen 'alias' nic "$(sed -n 2p library)"
seen 'filters, by the service' "['ComputeFilter', 'ImagePropertiesFilter']" "$(sed -n 3p service)"
seen 'filters' '{"enabled_filters":"ComputeFilter,","ImagePropertiesFilter":true}' "$(sed -n 3p library)"
