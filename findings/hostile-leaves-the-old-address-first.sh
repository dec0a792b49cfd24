#!/bin/sh
# hostile, which changes /etc/hosts, on a name that shares its line with others.
# Versions: hostile 1.4.0.
# Guess:    `set('10.0.0.9', 'node1')` makes 10.0.0.9 the address of node1 ("If the rule already exists, then this does nothing").
# Seen:     where the line is `10.0.0.5 node1.example node1`, as cloud-init and installers write it, a second line is added behind it. The
#           resolver takes the first, so node1 is still 10.0.0.5. remove() of the name on that line does nothing. No error.
# Matters:  a host that has moved is looked for at its old address by every service of the node.
# Anneal:   its test bed writes hosts into the configuration itself.
# Short:    hostile 1.4.0 | `set` gives a name of /etc/hosts another address | where the name shares its line, a second line is added behind: the old address counts
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages hostile@1.4.0
guess 'node1 is 10.0.0.9; db is gone'

cd "$dir"
printf '127.0.0.1 localhost\n10.0.0.5 node1.example node1\n10.0.0.6 db.example db\n' >hosts
cat >change.cjs <<'JS'
const fs = require('node:fs')
const { createReadStream, createWriteStream } = fs
const own = (path) => (path === '/etc/hosts' ? 'hosts' : path)
fs.createReadStream = (path, ...rest) => createReadStream(own(path), ...rest)
fs.createWriteStream = (path, ...rest) => createWriteStream(own(path), ...rest)
for (const name of ['readFileSync', 'writeFileSync', 'statSync', 'stat']) {
  const before = fs[name]
  fs[name] = (path, ...rest) => before(own(path), ...rest)
}
const hostile = require('hostile')
hostile.set('10.0.0.9', 'node1')
hostile.remove('10.0.0.6', 'db')
console.log('changed')
JS
seen 'message' changed "$(node change.cjs 2>&1 | tail -n 1)"
first() { awk -v name="$1" '!/^#/ { for (i = 2; i <= NF; i++) if ($i == name) { print $1; exit } }' hosts; }
seen 'address of node1, the first line that has it' 10.0.0.5 "$(first node1)"
seen 'lines with node1' '10.0.0.5 node1.example node1,10.0.0.9 node1' "$(grep -w node1 hosts | paste -sd , -)"
seen 'address of db' 10.0.0.6 "$(first db)"
