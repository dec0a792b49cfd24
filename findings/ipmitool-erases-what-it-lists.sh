#!/bin/sh
# ipmitool sdr list and sensor list, with a BMC whose repository of sensor records (SDR) is empty, as a simulator's or a board's after a reset.
# Versions: ipmitool 1.8.19, OpenIPMI's ipmi_sim 2.0.33 (Debian 12).
# Guess:    commands that list read.
# Seen:     they send Clear SDR Repository (network function 0a, command 27) with "erase", to fill the repository with records of their own:
#           "SDRR successfully erased" is among the output. No option asks for it. Exit code 0, also where the filling fails.
# Matters:  monitoring with the rights of an administrator writes to the BMC at each look; the firmware's own filling meets it.
# Anneal:   reads no sensors; of ipmitool it uses chassis commands.
# Short:    ipmitool 1.8.19, OpenIPMI 2.0.33 | `ipmitool sdr list` reads | where the BMC has no sensor records it erases their repository, and writes its own; exit code 0
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

start_ipmi_sim example
guess 'no command 27'

cd "$dir"
ask() { IPMI_PASSWORD=example ipmitool -vv -I lanplus -H 127.0.0.1 -p "$port" -U admin -E "$@" >said 2>&1; }
for _ in 1 2 3 4 5; do
  ask mc guid && break
  kill -0 "$server" 2>/dev/null || skip "ipmi_sim does not run here: $(tail -n 1 log)"
  sleep 1
done
clears() { grep -A 1 'netfn *: 0x0a' said | grep -c 'command *: 0x27' || true; }
ask sdr info && status=0 || status=$?
seen 'sdr info: exit code, records, commands that clear' '0, 0, 0' "$status, $(sed -n 's/^Record Count *: //p' said), $(clears)"
for command in 'sdr list' 'sensor list'; do
  # shellcheck disable=SC2086
  ask $command && status=0 || status=$?
  seen "$command: exit code, commands that clear, said" '0, yes, SDRR successfully erased' \
    "$status, $([ "$(clears)" -gt 0 ] && echo yes), $(grep -o 'SDRR successfully erased' said | head -n 1)"
done
