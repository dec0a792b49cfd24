#!/bin/sh
# A BMC of pyghmi, which virtualbmc is made of, that is asked for IPMI's cipher suite 17.
# Versions: pyghmi 1.5.34, ipmitool 1.8.19 (Debian 12).
# Guess:    it has suite 3 alone, and refuses 17 by a status of the session (IPMI 2.0, table 13-15), as ipmi_sim does.
# Seen:     it accepts the session, and answers with the algorithms of suite 3. ipmitool ends with "Authentication algorithm 0x01 is not what we
#           requested 0x03" and "Unable to establish IPMI v2 / RMCP+ session", as if nobody answered. Without -C it asks which there are, and
#           logs in.
# Matters:  clients that name suite 17 for all BMCs, as is advised since suite 3 is weak, take virtualbmc for one that cannot be reached.
# Anneal:   its conductor did so; it now tries 17, then 3, and calls this message a matter of the suite.
# Short:    pyghmi 1.5.34, ipmitool 1.8.19 | a BMC without cipher suite 17 refuses it with its status | it accepts, and answers with suite 3; ipmitool says that it cannot establish a session
set -eu
dir=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill -9 "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need /usr/bin/python3 1.5.34 dpkg-query -W python3-pyghmi
need ipmitool 1.8.19 ipmitool -V
guess 'for suite 17 a status of "cipher suite"'

port=$((20000 + $$ % 40000))
cat >"$dir/bmc.py" <<'PYTHON'
import sys
from pyghmi.ipmi import bmc
class Bmc(bmc.Bmc):
    def get_power_state(self): return 'off'
Bmc({'admin': 'example'}, port=int(sys.argv[1]), address='::ffff:127.0.0.1').listen()
PYTHON
/usr/bin/python3 "$dir/bmc.py" "$port" >"$dir/log" 2>&1 &
server=$!
ask() { IPMI_PASSWORD=example ipmitool -I lanplus -H 127.0.0.1 -p "$port" -U admin -E -N 1 -R 3 -v "$@" chassis power status 2>&1 || true; }
said=
for _ in 1 2 3 4 5; do
  sleep 1
  said=$(ask -C 3)
  case $said in *'Chassis Power is off'*) break ;; esac
done
case $said in *'Chassis Power is off'*) ;; *) skip "pyghmi's BMC does not run here: $(tail -n 1 "$dir/log")" ;; esac
seen 'suite 3' 'Chassis Power is off' "$(echo "$said" | grep '^Chassis')"
seen 'suite 17' 'Authentication algorithm 0x01 is not what we requested 0x03' "$(ask -C 17 | grep -io 'authentication algorithm.*')"
seen 'its last line' 'Error: Unable to establish IPMI v2 / RMCP+ session' "$(ask -C 17 | tail -n 1)"
seen 'without -C' 'Using best available cipher suite 3' "$(ask | grep -o 'Using best.*')"
