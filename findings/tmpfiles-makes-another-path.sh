#!/bin/sh
# Paths with an escaped blank in tmpfiles.d.
# Versions: systemd 252 (Debian 12). 257 and 262 make what was meant.
# Guess:    `d /srv/a\x20b` makes "/srv/a b": "fields may contain C-style escapes" (tmpfiles.d(5)), as the target of a link does.
# Seen:     it makes "/srv/ax20b", in quotes as well: the backslash is dropped, and the rest taken as it is. No message, exit
#           code 0. In the last field the same escape is a blank.
# Matters:  one image's configuration makes another directory, and sets mode and owner of another one, by the systemd that reads it.
# Anneal:   writes no tmpfiles.d.
# Short:    systemd 252 (not 257) | `d /srv/a\x20b` of tmpfiles.d makes "/srv/a b" | it makes "/srv/ax20b"; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need systemd-tmpfiles 'systemd 252' systemd-tmpfiles --version
guess 'a b, c d, and a link to /x y'

cd "$dir"
mkdir tree
printf '%s\n' 'd /a\x20b 0755 - - - -' 'd "/c\x20d" 0755 - - - -' 'd /e\040f 0755 - - - -' 'L /link - - - - /x\x20y' >example.conf
systemd-tmpfiles --create --root="$dir/tree" "$dir/example.conf" >log 2>&1 && status=0 || status=$?
seen 'exit code' 0 "$status"
seen 'what it said' '' "$(cat log)"
seen 'directories' 'ax20b,cx20d,e040f' "$(cd tree && find . -mindepth 1 -type d | sed 's/..//' | sort | paste -sd , -)"
seen 'target of the link' '/x y' "$(readlink tree/link)"
