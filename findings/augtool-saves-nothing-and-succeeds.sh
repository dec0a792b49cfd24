#!/bin/sh
# augtool sets the command of a systemd unit, whose ExecStart= is there twice, as after a first one that clears the list.
# Versions: augeas 1.14.0 (Debian 12).
# Guess:    a path that means two places is an error: a message, and a code other than 0, as where a file cannot be parsed.
# Seen:     nothing is set, nothing is said, exit code 0. The shell of augtool says "Too many matches for path expression" to `errors`, if asked.
# Matters:  a script that changes configurations by augtool, and looks at its exit code, goes on with the old one.
# Anneal:   changes no files of the host by augeas.
# Short:    augeas 1.14.0 | `augtool -s set PATH VALUE` with a path that means two places is an error | nothing is set, no message, exit code 0
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

debian_files a/augeas/augeas-tools_1.14.0-1+deb12u1_amd64.deb a/augeas/libaugeas0_1.14.0-1+deb12u1_amd64.deb a/augeas/augeas-lenses_1.14.0-1+deb12u1_all.deb
guess 'a message and a code other than 0 for the second unit'

cd "$dir"
mkdir -p host/etc/systemd/system
units=host/etc/systemd/system
printf '[Service]\nExecStart=/bin/a\n' >"$units/one.service"
printf '[Service]\nExecStart=/bin/a\nExecStart=/bin/b\n' >"$units/two.service"
set_command() {
  AUGEAS_LENS_LIB=$dir/root/usr/share/augeas/lenses/dist augtool -r host -s \
    set "/files/etc/systemd/system/$1.service/Service/ExecStart/command" /bin/new >said 2>&1 && echo "0, $(cat said)" || echo "$?, $(tail -n 1 said)"
}
set_command one >first
grep -q '^0, Saved' first || skip "augtool does not run here: $(cat first)"
seen 'one ExecStart: exit code, said' '0, Saved 1 file(s)' "$(cat first)"
seen 'one ExecStart: the unit' 'ExecStart=/bin/new' "$(grep Exec "$units/one.service")"
seen 'two: exit code, said' '0, ' "$(set_command two)"
seen 'two: the unit' 'ExecStart=/bin/a ExecStart=/bin/b' "$(grep Exec "$units/two.service" | paste -sd ' ')"
