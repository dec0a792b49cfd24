#!/bin/sh
# A password of 20 characters, the most that IPMI 2.0 has, in ipmi_sim, which stands in for a BMC.
# Versions: OpenIPMI 2.0.33, ipmitool 1.8.19 (Debian 12).
# Guess:    who has the password logs in, as with 16 or 19 characters, or the simulator says that it is too long.
# Seen:     with 19 characters it logs in, with 20 not: "RAKP 2 HMAC is invalid", as with a wrong password. pyghmi is refused, too. The
#           simulator starts without a message.
# Matters:  tests of a client with the longest password fail at the simulator, and look like a fault of the client.
# Anneal:   sends 20 characters to a BMC that takes them; the machines of its test bed have shorter ones.
# Short:    OpenIPMI 2.0.33, ipmitool 1.8.19 | a password of 20 characters, IPMI’s most, logs in | with 19 it does, with 20 it is a wrong password, also for pyghmi; no message
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"

guess 'on or off for each'

# ask LENGTH: into $state
ask() {
  password=$(printf 'abcdefghijklmnopqrstuvwxyz' | cut -c "1-$1")
  start_ipmi_sim "$password"
  state=
  for _ in 1 2 3 4 5; do
    sleep 0.5
    said=$(ipmitool -I lanplus -H 127.0.0.1 -p "$port" -C 3 -U admin -P "$password" -N 1 -R 1 -v chassis power status 2>&1) || true
    case $said in
    *'Chassis Power is'*) state='logs in' && break ;;
    *'HMAC is invalid'*) state='HMAC is invalid' && break ;;
    esac
  done
  stop_ipmi_sim
}
ask 16
[ "$state" = 'logs in' ] || skip "ipmi_sim does not run here: $(tail -n 1 "$dir/log")"
ask 19
seen '19 characters' 'logs in' "$state"
ask 20
seen '20 characters' 'HMAC is invalid' "$state"
