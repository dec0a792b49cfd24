#!/bin/sh
# A service of an OpenStack node in a compose file, started by dockerode-compose.
# Versions: dockerode-compose 1.4.0, dockerode 5.0.1.
# Guess:    what it asks of Docker is what `docker compose up` asks: the host's network, 1.5 GiB, a check each 30 seconds, a
#           device /dev/tun in the container, `$$` as `$`; a key that it does not know is an error.
# Seen:     `network_mode: host` and `mem_limit` are left out. The interval 30s is 3 seconds, and the timeout 1m is none. The device's
#           path in the container is "/dev/net/tun:/dev/tun:rw". `$$` stays. "on-failure:3" is the name of a restart policy. No error.
# Matters:  a service that needs the host's network (libvirt, Neutron's agents) starts in one of its own, without a limit.
# Anneal:   makes its containers by itself, and reads no compose file by this package.
# Short:    dockerode-compose 1.4.0 | `network_mode: host` is the host's network, 30s are 30 seconds | a network of its own, no limit of memory, 3 seconds; no error
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
. "$(dirname "$0")/lib.sh"

npm_packages dockerode-compose@1.4.0 dockerode@5.0.1
guess 'host, 1610612736, 30000000000 and 60000000000, /dev/tun, a$b, on-failure'

cd "$dir"
cat >compose.yaml <<'YAML'
version: "3"
services:
  agent:
    image: registry.example:5000/agent:1
    network_mode: host
    mem_limit: 1.5g
    environment: ["B=a$$b"]
    devices: ["/dev/net/tun:/dev/tun:rw"]
    restart: on-failure:3
    healthcheck: { test: [CMD, "true"], interval: 30s, timeout: 1m, start_period: 5s }
YAML
cat >up.cjs <<'JS'
const http = require('node:http')
const Docker = require('dockerode')
const Compose = require('dockerode-compose')
let container
const daemon = http.createServer((request, response) => {
  let text = ''
  request.on('data', (part) => (text += part))
  request.on('end', () => {
    if (request.url.startsWith('/containers/create')) container = JSON.parse(text)
    response.setHeader('content-type', 'application/json')
    response.end(request.method === 'GET' ? '[]' : '{"Id":"x","Name":"x"}')
  })
})
daemon.listen(0, '127.0.0.1', async () => {
  const docker = new Docker({ protocol: 'http', host: '127.0.0.1', port: daemon.address().port })
  await new Compose(docker, 'compose.yaml', 'node').up()
  const { HostConfig: host, Healthcheck: check, Env } = container
  console.log('network=' + host.NetworkMode)
  console.log('memory=' + host.Memory)
  console.log('check=' + check.Interval + ' ' + check.Timeout)
  console.log('device=' + host.Devices[0].PathInContainer)
  console.log('environment=' + Env[0])
  console.log('restart=' + host.RestartPolicy.Name)
  daemon.close()
})
JS
node up.cjs >out 2>log || skip "dockerode-compose does not run here: $(head -n 5 log | tail -n 1)"
says() { sed -n "s/^$1=//p" out; }
seen 'network' node_default "$(says network)"
seen 'limit of the memory' undefined "$(says memory)"
seen 'interval and timeout in nanoseconds' '3000000000 null' "$(says check)"
seen 'device in the container' /dev/net/tun:/dev/tun:rw "$(says device)"
seen 'environment' 'B=a$$b' "$(says environment)"
seen 'restart policy' on-failure:3 "$(says restart)"
