#!/bin/sh
# User data that is written by a YAML library of YAML 1.2, and read by cloud-init, which reads YAML 1.1.
# Versions: yaml 2.9.1, cloud-init 22.4.2 (Debian 12).
# Guess:    a text that `stringify` writes is that text for cloud-init: the library puts quotes around what would be a number.
# Seen:     it does so for 0644, 1e3 and null, and not for what is a number, a truth value or a date in YAML 1.1 alone: the password
#           1_000_000 becomes 1000000, the value 2024-01-01 a date, the host name "no" false, 12:30 the number 750. No message.
#           `version: '1.1'` as an option of stringify quotes all of them.
# Matters:  a password, a name or a time of user data that a program writes is another one on the machine.
# Anneal:   writes no cloud-config; it puts quotes around such texts in the Compose files that it writes.
# Short:    yaml 2.9.1, cloud-init 22.4.2 | a text that `stringify` writes is that text for cloud-init | 1_000_000 is 1000000, "no" is false, 12:30 is 750; no message
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

need cloud-init 22.4.2 cloud-init --version
npm_packages yaml@2.9.1
guess 'six texts'

cd "$dir"
cat >write.mjs <<'JS'
import { stringify } from 'yaml'
const texts = { number: '1_000_000', date: '2024-01-01', name: 'no', time: '12:30', mode: '0644', short: '1e3' }
console.log('#cloud-config\n' + stringify(texts, process.argv[2] ? { version: process.argv[2] } : {}))
JS
cat >read.py <<'PY'
import sys
from cloudinit import util
print(*('%s=%r' % item for item in util.load_yaml(open(sys.argv[1]).read()).items()))
PY
node write.mjs >user-data
node write.mjs 1.1 >user-data-of-1.1
read_by() { /usr/bin/python3 read.py "$1" 2>log || skip "cloud-init's library does not run here: $(tail -n 1 log)"; }
seen 'what cloud-init reads' "number=1000000 date=datetime.date(2024, 1, 1) name=False time=750 mode='0644' short='1e3'" "$(read_by user-data)"
seen 'what it reads of version 1.1' "number='1_000_000' date='2024-01-01' name='no' time='12:30' mode='0644' short='1e3'" "$(read_by user-data-of-1.1)"
