#!/bin/sh
# systemd-sysusers, which makes the users and groups of a system, with a user that it cannot make.
# Versions: systemd 252 (Debian 12) and 262.1.
# Guess:    it ends with another code than 0, as systemd-tmpfiles does (65) for a line that it cannot read.
# Seen:     a user whose group's number no group has yet, a number that is none, an unknown letter: a message, and exit code 0.
# Matters:  the build of an image goes on, and the service that needs the user does not start on any machine that gets it.
# Anneal:   makes no users.
# Short:    systemd 252 (and 262.1) | `systemd-sysusers` fails where it cannot make a user or read a line, as systemd-tmpfiles does | a message, and exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemd-sysusers 'systemd 252' systemd-sysusers --version
need systemd-tmpfiles 'systemd 252' systemd-tmpfiles --version
[ "$(id -u)" = 0 ] || skip 'root is needed'
guess 'a code other than 0 where there is no user after it'

cd "$dir"
mkdir -p host/usr/lib/sysusers.d host/usr/lib/tmpfiles.d host/etc
echo root:x:0: >host/etc/group
echo root:x:0:0:root:/root:/bin/sh >host/etc/passwd
made() {
  echo "$1" >host/usr/lib/sysusers.d/test.conf
  systemd-sysusers --root=host >said 2>&1 && status=0 || status=$?
  user=$(sed -n 's/^\([a-z]*\):x:7.*/\1/p' host/etc/passwd)
  echo "$status, user '$user', $(sed -n 's/.*test.conf:1: //; $p' said)"
}
seen 'u node 700:800: exit code, user, said' "0, user '', Failed to create node: please create GID 800" "$(made 'u node 700:800')"
seen 'u node 70x' "0, user '', Failed to parse UID: '70x': Invalid argument" "$(made 'u node 70x')"
seen 'U node 700' "0, user '', Unknown command type 'U'." "$(made 'U node 700')"
seen 'u node 700' "0, user 'node', Creating user 'node' (n/a) with UID 700 and GID 700." "$(made 'u node 700')"
echo 'd /srv/x 07x5' >host/usr/lib/tmpfiles.d/test.conf
systemd-tmpfiles --root=host --create >said 2>&1 && status=0 || status=$?
seen 'systemd-tmpfiles, a mode of 07x5' 65 "$status"
