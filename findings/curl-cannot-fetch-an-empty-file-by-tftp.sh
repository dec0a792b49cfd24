#!/bin/sh
# An empty file, fetched by curl over TFTP.
# Versions: curl 7.88.1 (Debian 12), with tftp 0.1.2 as server; dnsmasq 2.90 as server does the same.
# Guess:    an empty file is fetched, as one byte is: the server says tsize=0, its size, as RFC 2349 has it.
# Seen:     exit code 71, "getpeername() failed with errno 107: Transport endpoint is not connected": curl takes the 0 for no number.
#           With --tftp-no-options the file comes.
# Matters:  what checks a boot server file by file finds its network broken, by a placeholder or a menu that is empty.
# Anneal:   serves boot files by HTTP and has dnsmasq serve iPXE; neither is fetched by curl.
# Short:    curl 7.88.1, tftp 0.1.2 | an empty file is fetched over TFTP | "Transport endpoint is not connected", exit code 71
set -eu
dir=$(mktemp -d)
. "$(dirname "$0")/lib.sh"
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$dir"' EXIT

npm_packages tftp@0.1.2
need curl 'curl 7.88.1' curl --version
guess 'exit code 0 for both'

port=$((20000 + $$ % 40000))
cd "$dir"
mkdir files
: >files/empty
printf x >files/one
cat >serve.cjs <<'JS'
const server = require('tftp').createServer({ host: '127.0.0.1', port: Number(process.argv[2]), root: 'files', denyPUT: true })
server.on('error', (error) => console.log(error.message))
server.on('request', (request) => request.on('error', (error) => console.log(error.message)))
server.listen()
JS
node serve.cjs "$port" >server.log 2>&1 &
server=$!
fetched() {
  curl --silent --show-error --max-time 20 "$@" -o out 2>log && status=0 || status=$?
  echo "$status"
}
for _ in 1 2 3 4 5 6 7 8 9 10; do
  [ "$(fetched "tftp://127.0.0.1:$port/one" --connect-timeout 1)" = 0 ] && break
  kill -0 "$server" 2>/dev/null || skip "tftp does not run here: $(tail -n 1 server.log)"
  sleep 0.5
done
seen 'one byte, exit code' 0 "$(fetched "tftp://127.0.0.1:$port/one")"
seen 'an empty file, exit code' 71 "$(fetched "tftp://127.0.0.1:$port/empty")"
seen 'what curl says' 'curl: (71) getpeername() failed with errno 107: Transport endpoint is not connected' "$(cat log)"
seen 'an empty file without options, exit code' 0 "$(fetched --tftp-no-options "tftp://127.0.0.1:$port/empty")"
