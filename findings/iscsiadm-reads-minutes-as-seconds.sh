#!/bin/sh
# Numbers with a unit, and what is no number, as settings of an iSCSI target's record.
# Versions: open-iscsi 2.1.8 (Debian 12); 2.1.13 of sid does the same.
# Guess:    2m is two minutes and 256K are 262144 bytes, or both are refused, as other wrong values are.
# Seen:     2m is 2 seconds, 256K are 256 bytes, "ten" is 0 and 99999999999 another number. No message, exit code 0.
# Matters:  replacement_timeout is how long a disk over iSCSI holds writes while its target is away: after 2 seconds a guest's
#           file system gets errors and is read-only. With 0 it is at once.
# Anneal:   has no such records; its conductor logs in by libiscsi.
# Short:    open-iscsi 2.1.8 (and 2.1.13) | `iscsiadm -o update -v 2m` of a timeout is two minutes, or is refused as a wrong word is | 2 seconds; 256K bytes are 256, "ten" is 0; no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need iscsiadm 2.1.8 iscsiadm --version
[ "$(id -u)" = 0 ] || skip 'needs root, for a mount of its own'
mkdir -p /etc/iscsi
guess '120, or refused'

cat >"$dir/try" <<'END'
mount -t tmpfs none /etc/iscsi
record() { iscsiadm -m node -T iqn.2026-01.example:a "$@"; }
iscsiadm -m node -o new -T iqn.2026-01.example:a -p 127.0.0.1:3260 >/dev/null 2>&1 || exit
while read -r name value; do
  record -o update -n "$name" -v "$value" >said 2>&1 && status=0 || status=$?
  echo "$status, $(record | sed -n "s/^$name = //p"), $([ -s said ] && echo a message || echo no message)"
done <<VALUES
node.startup sometimes
node.session.timeo.replacement_timeout 120
node.session.timeo.replacement_timeout 2m
node.session.timeo.replacement_timeout ten
node.session.iscsi.FirstBurstLength 256K
node.session.iscsi.FirstBurstLength 99999999999
VALUES
END
cd "$dir"
unshare --mount sh try >lines 2>log || true
[ "$(wc -l <lines)" = 6 ] || skip "iscsiadm keeps no records here: $(tail -n 1 log)"
line() { sed -n "$1p" lines; }
seen 'startup sometimes' '7, manual, a message' "$(line 1)"
seen 'timeout 120' '0, 120, no message' "$(line 2)"
seen 'timeout 2m' '0, 2, no message' "$(line 3)"
seen 'timeout ten' '0, 0, no message' "$(line 4)"
seen 'FirstBurstLength 256K' '0, 256, no message' "$(line 5)"
seen 'FirstBurstLength 99999999999' '0, 1215752191, no message' "$(line 6)"
