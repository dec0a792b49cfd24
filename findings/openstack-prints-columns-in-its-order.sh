#!/bin/sh
# `-f value -c Name -c ID` of the clients of OpenStack, which are made of cliff.
# Versions: cliff 4.0.0 (Debian 12).
# Guess:    the columns come in the order of the -c, as `ps -o` and `lsblk -o` have it.
# Seen:     they come in the order of the table, in lists and in `show`: ID first.
# Matters:  `openstack baremetal node list -f value -c Name -c UUID | while read -r name uuid` has each in the place of the other.
# Anneal:   reads JSON.
# Short:    cliff 4.0.0 | `-f value -c Name -c ID` prints name and id | id and name, in lists and in `show`
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need python3 4.0.0 dpkg-query -W python3-cliff
guess 'b 1, b 1'

cat >"$dir/run.py" <<'PY'
import sys
from cliff.lister import Lister
from cliff.show import ShowOne
class List(Lister):
    def take_action(self, parsed_args):
        return ('ID', 'Name', 'Status'), [(1, 'b', 'up')]
class Show(ShowOne):
    def take_action(self, parsed_args):
        return ('ID', 'Name', 'Status'), (1, 'b', 'up')
class App:
    NAME = 'app'
    stdout = sys.stdout
    class options:
        debug = False
for command in List(App(), None), Show(App(), None):
    command.run(command.get_parser('app').parse_args(['-f', 'value', '-c', 'Name', '-c', 'ID']))
PY
said=$(/usr/bin/python3 -W ignore "$dir/run.py" 2>"$dir/log" | tr '\n' ' ') || skip "cliff does not run here: $(tail -n 1 "$dir/log")"
seen 'a list, and one resource' '1 b 1 b ' "$said"
