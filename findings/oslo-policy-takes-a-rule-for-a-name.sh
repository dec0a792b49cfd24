#!/bin/sh
# A rule of policy.yaml with brackets and no space between a bracket and `or`.
# Versions: oslo.policy 4.0.0 (Debian 12).
# Guess:    `(role:admin)or(role:member)` is what it is with spaces, or an error is logged, as for `role:admin or(role:member)`.
# Seen:     it is one role with the name "admin)or(role:member", which nobody has. All are refused. No message.
# Matters:  after the change of a policy nobody can do it any more, and no log says why.
# Anneal:   reads no policies; it says which call was refused.
# Short:    oslo.policy 4.0.0 | `(role:admin)or(role:member)` in policy.yaml is either role, or an error in the log | one role named "admin)or(role:member": all are refused; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need oslopolicy-checker 4.0.0 dpkg-query -W python3-oslo.policy
guess 'allowed for admin and for member, or an error'

cd "$dir"
printf '%s\n' '[oslo_policy]' 'policy_file = policy.yaml' >service.conf
cat >enforce.py <<'PY'
import logging, sys
logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
from oslo_config import cfg
from oslo_policy import policy
conf = cfg.ConfigOpts()
conf(['--config-file', 'service.conf'])
enforcer = policy.Enforcer(conf)
print(*['yes' if enforcer.enforce('start', {}, {'roles': [role]}) else 'no' for role in ('admin', 'member', 'reader')])
PY
allows() {
  printf '"start": "%s"\n' "$1" >policy.yaml
  /usr/bin/python3 -W ignore enforce.py >out 2>log || skip "oslo.policy does not run here: $(tail -n 1 log)"
  said=silent
  if grep -q 'Failed to understand' log; then said=error; fi
  seen "$1: admin, member, reader, the log" "$2" "$(cat out) $said"
}
allows '(role:admin) or (role:member)' 'yes yes no silent'
allows 'role:admin or(role:member)' 'no no no error'
allows '(role:admin)or(role:member)' 'no no no silent'
seen 'lines of the log' 0 "$(grep -c . log || true)"
