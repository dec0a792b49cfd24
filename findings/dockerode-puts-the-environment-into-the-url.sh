#!/bin/sh
# A container with a large environment, made by dockerode through a proxy of the Docker socket.
# Versions: dockerode 5.0.1, docker-modem as it asks for; Node 24.
# Guess:    name and platform are in the query of POST /containers/create, where the API has them, all else is in the body alone.
# Seen:     the whole configuration is in the body, and again in the query: environment, mounts, labels. From some 16 kB on the line of
#           the request is too long for a proxy made with Node's own server: 431.
# Matters:  what is given to a container ends in the access log of each proxy. A container with large configuration is made on the socket,
#           and refused behind a proxy.
# Anneal:   sends what the body has in the body alone.
# Short:    dockerode 5.0.1 | a container's configuration is the body of the request | it is in the URL as well; 20 kB of environment get 431 from a proxy
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages dockerode@5.0.1
guess '/containers/create?name=agent, and 201 for a large one'

cd "$dir"
cat >make.cjs <<'JS'
const http = require('node:http')
const Docker = require('dockerode')
const asked = []
const proxy = http.createServer((request, response) => {
  asked.push(decodeURIComponent(request.url))
  request.resume()
  response.writeHead(201, { 'content-type': 'application/json' })
  response.end('{"Id":"x"}')
})
proxy.listen(0, '127.0.0.1', async () => {
  const docker = new Docker({ protocol: 'http', host: '127.0.0.1', port: proxy.address().port })
  await docker.createContainer({ name: 'agent', Image: 'agent:1', Env: ['TEXT=abc'], HostConfig: { Binds: ['/srv:/srv'] } })
  console.log('url=' + asked[0])
  const large = { name: 'agent', Image: 'agent:1', Env: ['TEXT=' + 'x'.repeat(20000)] }
  console.log('large=' + (await docker.createContainer(large).then(() => 201, (error) => error.statusCode)))
  proxy.close()
})
JS
node make.cjs >out 2>log || skip "dockerode does not run here: $(head -n 5 log | tail -n 1)"
says() { sed -n "s/^$1=//p" out; }
seen 'URL' '/containers/create?name=agent&Image=agent:1&Env=TEXT=abc&HostConfig={"Binds":["/srv:/srv"]}' "$(says url)"
seen 'answer to 20 kB of environment' 431 "$(says large)"
