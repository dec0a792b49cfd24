#!/bin/sh
# OnCalendar= of a systemd timer with two times of day.
# Versions: systemd 252 (Debian 12); 262 does the same.
# Guess:    `OnCalendar=06:30,18:30` is at half past six, in the morning and in the evening; or it is refused.
# Seen:     a comma is within one field: it is 06 h, minutes 18 and 30, second 30. `12:00,13:00` is 12:00 and 12:13. systemd-analyze
#           verify finds nothing. Two lines OnCalendar= are what was meant.
# Matters:  timers of backups, updates of images (rpm-ostree, podman auto-update) and reboots run twice within the hour, and not
#           in the evening.
# Anneal:   reads no timers.
# Short:    systemd 252 (and 262) | `OnCalendar=06:30,18:30` is morning and evening | it is 06:18:30 and 06:30:30; verify finds nothing
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemd-analyze 'systemd 252' systemd-analyze --version
guess '06:30 and 18:30, 12:00 and 13:00'

cd "$dir"
elapses() {
  systemd-analyze calendar --base-time='2024-03-30 00:00:00 UTC' --iterations=3 "$1" 2>&1 |
    sed -n 's/^ *\(Next elapse\|Iter[^:]*\): ... \(.*\) UTC$/\2/p' | paste -sd , -
}
seen '06:30,18:30' '2024-03-30 06:18:30,2024-03-30 06:30:30,2024-03-31 06:18:30' "$(elapses '06:30,18:30')"
seen '12:00,13:00' '2024-03-30 12:00:00,2024-03-30 12:13:00,2024-03-31 12:00:00' "$(elapses '12:00,13:00')"
seen '06,18:30' '2024-03-30 06:30:00,2024-03-30 18:30:00,2024-03-31 06:30:00' "$(elapses '06,18:30')"
printf '[Timer]\nOnCalendar=06:30,18:30\n' >backup.timer
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' >backup.service
systemd-analyze verify ./backup.timer ./backup.service >log 2>&1 && status=0 || status=$?
seen 'exit code of verify' 0 "$status"
seen 'what verify says of the timer' '' "$(grep backup log || true)"
