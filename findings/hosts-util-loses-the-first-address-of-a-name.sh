#!/bin/sh
# hosts-util (npm) reads /etc/hosts, in which localhost has an address of IPv4 and one of IPv6, as Debian writes it, and writes it again.
# Versions: hosts-util 1.0.0
# Guess:    localhost has both addresses; of two addresses of one kind the first counts, as for the C library.
# Seen:     the last line of a name is all that is kept: localhost is ::1, and node is the second address. What `stringify` writes has no
#           127.0.0.1 for localhost any more. No error.
# Matters:  after a tool added one name, services that listen on 127.0.0.1 are not found by name, and node is another machine.
# Anneal:   reads no hosts file.
# Short:    hosts-util 1.0.0 | localhost of /etc/hosts is 127.0.0.1 and ::1, and of two addresses the first counts | the last line of a name is all that `parse` keeps and `stringify` writes; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages hosts-util@1.0.0
guess 'both lines of localhost, and 10.0.0.1 for node'

cd "$dir"
cat >hosts <<'HOSTS'
127.0.0.1 localhost
::1 localhost ip6-localhost
10.0.0.1 node
10.0.0.2 node
HOSTS
cat >again.cjs <<'NODE'
const hosts = require('hosts-util')
console.log(hosts.stringify(hosts.parse(require('fs').readFileSync('hosts', 'utf8'))))
NODE
node again.cjs >again
seen 'lines of localhost, before' '127.0.0.1 ::1' "$(sed -n 's/ localhost.*//p' hosts | paste -sd ' ' -)"
seen 'lines of localhost, afterwards' '::1' "$(sed -n 's/ localhost.*//p' again | paste -sd ' ' -)"
seen 'node' '10.0.0.2' "$(sed -n 's/ node$//p' again | paste -sd ' ' -)"
