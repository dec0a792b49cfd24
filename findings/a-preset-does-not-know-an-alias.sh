#!/bin/sh
# A preset that enables a unit by its other name, as ssh.service of Debian is sshd.service elsewhere, in the tree of an image.
# Versions: systemd 252 (Debian 12); 262.1 does the same.
# Guess:    `enable sshd.service` enables the unit that has Alias=sshd.service, or preset-all says that there is no such unit.
# Seen:     the line does nothing, and a `disable *` behind it disables the unit. No message, exit code 0.
# Matters:  the image of a machine that was set up for two distributions starts without SSH.
# Anneal:   reads no presets.
# Short:    systemd 252 (and 262.1) | `enable sshd.service` in a preset enables ssh.service, whose alias that is, or a message | it does nothing; ssh.service stays disabled; exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemctl 'systemd 252' systemctl --version
guess 'enabled, or a message'

cd "$dir"
mkdir -p tree/usr/lib/systemd/system tree/etc/systemd/system-preset
unit() { printf '%s\n' '[Service]' 'ExecStart=/bin/true' '[Install]' 'WantedBy=multi-user.target' "$1"; }
unit 'Alias=sshd.service' >tree/usr/lib/systemd/system/ssh.service
unit '' >tree/usr/lib/systemd/system/other.service
printf '[Unit]\n' >tree/usr/lib/systemd/system/multi-user.target
preset() {
  printf '%s\n' "$1" 'enable other.service' 'disable *' >tree/etc/systemd/system-preset/10-site.preset
  rm -rf tree/etc/systemd/system
  systemctl --root="$dir/tree" preset-all >said 2>&1 && status=0 || status=$?
  echo "$status, $(cd tree/etc/systemd/system && find . -type l | sed 's|.*/||' | sort | paste -sd ' ' -)"
}
seen 'enable ssh.service: exit code, enabled' '0, other.service ssh.service sshd.service' "$(preset 'enable ssh.service')"
seen 'enable sshd.service' '0, other.service' "$(preset 'enable sshd.service')"
seen 'lines of the messages that name it' 0 "$(grep -c sshd said || true)"
