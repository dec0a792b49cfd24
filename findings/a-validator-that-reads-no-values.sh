#!/bin/sh
# oslo-config-validator, which checks nova.conf and the like before a service gets it, and a value that the service does not take.
# Versions: oslo.config 9.0.0 with oslo.messaging 14.0.3 (Debian 12); 10.7.0 does the same.
# Guess:    a text for a number is found: the validator has the type, the range and the choices of each option.
# Seen:     exit code 0 and no message. The service ends with ConfigFileValueError. Names alone are checked.
# Matters:  the check before a deployment passes, and the service does not start on any node.
# Anneal:   compares files, and leaves values to the service.
# Short:    oslo.config 9.0.0 (and 10.7.0) | `oslo-config-validator` finds a text where the option is a number | exit code 0, no message; names alone are checked; the service does not start
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need oslo-config-validator 9.0.0 dpkg-query -W python3-oslo.config
need oslo-config-validator 14.0.3 dpkg-query -W python3-oslo.messaging
guess 'an error for each'

cd "$dir"
validate() {
  printf '[oslo_messaging_rabbit]\n%s\n' "$1" >service.conf
  oslo-config-validator --namespace oslo.messaging --input-file service.conf >said 2>&1 && status=0 || status=$?
  echo "$status, $(grep -c . said || true) lines"
}
cat >service.py <<'PY'
import sys
from oslo_config import cfg
from oslo_messaging._drivers import impl_rabbit
conf = cfg.ConfigOpts()
conf.register_opts(impl_rabbit.rabbit_opts, 'oslo_messaging_rabbit')
conf(['--config-file', 'service.conf'])
try:
    print(conf.oslo_messaging_rabbit[sys.argv[1]])
except Exception as error:
    print(type(error).__name__)
PY
service() { /usr/bin/python3 -W ignore service.py "$1" 2>log || skip "oslo.messaging does not run here: $(tail -n 1 log)"; }
seen 'rabbit_retry_intervall = 1' '1, 1 lines' "$(validate 'rabbit_retry_intervall = 1')"
seen 'rabbit_retry_interval = soon' '0, 0 lines' "$(validate 'rabbit_retry_interval = soon')"
seen 'the service' ConfigFileValueError "$(service rabbit_retry_interval)"
seen 'rabbit_ha_queues = perhaps' '0, 0 lines' "$(validate 'rabbit_ha_queues = perhaps')"
seen 'the service' ConfigFileValueError "$(service rabbit_ha_queues)"
seen 'kombu_failover_strategy = fastest' '0, 0 lines' "$(validate 'kombu_failover_strategy = fastest')"
seen 'the service' ConfigFileValueError "$(service kombu_failover_strategy)"
