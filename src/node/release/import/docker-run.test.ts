import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TreeMap } from '../tree.ts'
import { DOCKER_OPTIONS } from './docker-flags.ts'
import { importDockerCommand, importDockerRun as importScript } from './docker-run.ts'
import type { DockerRunImport } from './docker-run.ts'

const importDockerRun = (script: string): DockerRunImport => importScript(script, '/srv/$node')

/** The one service of `docker run OPTIONS a/b:1`, without its image. */
function service(options: string): TreeMap {
  const { services } = importDockerRun(`docker run ${options} a/b:1`).tree as {
    services: Record<string, TreeMap>
  }
  const [only] = Object.values(services)
  assert.ok(only)
  const { image, ...rest } = only
  assert.equal(image, 'a/b:1')
  return rest
}

for (const [options, expected] of [
  ['--privileged --net=host --pid host -d', { privileged: true, network_mode: 'host', pid: 'host' }],
  ['--privileged=false', { privileged: false }],
  ['-v /a:/b:ro --volume /c:/d', { volumes: ['/a:/b:ro', '/c:/d'] }],
  ['-e A=1 -e B -eC=x=y --env D=', { environment: { A: '1', B: null, C: 'x=y', D: '' } }],
  ['--env-file x.env', { env_file: [{ path: 'x.env', format: 'raw' }] }],
  ['-it -w /srv -u nova:kvm', { stdin_open: true, tty: true, working_dir: '/srv', user: 'nova:kvm' }],
  ['-p 80:80 -p=81:81/udp', { ports: ['80:80', '81:81/udp'] }],
  ['--cap-add NET_ADMIN --cap-drop=ALL', { cap_add: ['NET_ADMIN'], cap_drop: ['ALL'] }],
  ['--entrypoint /bin/sh', { entrypoint: ['/bin/sh'] }],
  ['--entrypoint ""', { entrypoint: [] }],
  ['--stop-timeout 30 --stop-signal SIGINT', { stop_grace_period: '30s', stop_signal: 'SIGINT' }],
  ['--ulimit nofile=1:2 --ulimit core=0', { ulimits: { nofile: { soft: 1, hard: 2 }, core: 0 } }],
  ['--health-cmd "virsh version" --health-retries 3', { healthcheck: { test: 'virsh version', retries: 3 } }],
  ['--no-healthcheck', { healthcheck: { disable: true } }],
  ['--log-driver journald --log-opt tag=x', { logging: { driver: 'journald', options: { tag: 'x' } } }],
  ['-l a=b --label c', { labels: { a: 'b', c: '' } }],
  ['--sysctl net.ipv4.ip_forward=1', { sysctls: { 'net.ipv4.ip_forward': '1' } }],
  ['--cgroupns host --memory 1g --cpus 1.5', { cgroup: 'host', mem_limit: '1g', cpus: 1.5 }],
  [
    '--mount type=bind,src=/a,dst=/b,readonly,bind-propagation=rshared',
    {
      volumes: [
        {
          type: 'bind',
          source: '/a',
          target: '/b',
          read_only: true,
          bind: { propagation: 'rshared', create_host_path: false },
        },
      ],
    },
  ],
  [
    '--mount type=tmpfs,target=/t,tmpfs-size=64m',
    { volumes: [{ type: 'tmpfs', target: '/t', tmpfs: { size: '64m' } }] },
  ],
  ['--dns 1.1.1.1 --gpus all', { dns: ['1.1.1.1'], gpus: 'all' }],
] as const) {
  test(`docker run ${options} becomes ${JSON.stringify(expected)}`, () => {
    assert.deepEqual(service(options), expected)
  })
}

test('what comes after the image is its command', () => {
  const { tree } = importDockerRun('docker run -d a/b:1 sh -c "echo \\"$HOME\\" \'$x\'" --net=none')
  assert.deepEqual((tree['services'] as TreeMap)['b'], {
    image: 'a/b:1',
    command: ['sh', '-c', 'echo "$HOME" \'$x\'', '--net=none'],
  })
})

test('variables of the shell become variables of Compose, and other dollars stay dollars', () => {
  assert.deepEqual(service(`-e A="$HOST:\${PORT:-80}" -e B='$HOST' -e C=\\$5 -e D=5$`), {
    environment: { A: '$HOST:${PORT:-80}', B: '$$HOST', C: '$$5', D: '5$$' },
  })
  const split = importDockerCommand(['docker', 'run', '-e', 'A=$B', 'x']).tree
  assert.deepEqual(split['services'], { x: { image: 'x', environment: { A: '$$B' } } })
})

test('a script of several commands gives a service each, named by --name or by the image', () => {
  const { tree, findings } = importDockerRun(`
    set -e
    IMAGE=registry:5000/x/y:1   # which
    docker pull $IMAGE && sudo docker -H tcp://h:2375 run -d --name one $IMAGE
    if true; then podman run registry:5000/x/two:1; fi
    docker create --name one a/other >/dev/null 2>&1
  `)
  assert.deepEqual(Object.keys(tree['services'] as TreeMap), ['one', 'two', 'one-2'])
  assert.deepEqual(
    findings.map(({ code, subject, evidence }) => `${code} ${subject}: ${evidence}`),
    [
      'LINE_SKIPPED line 2: `set …`',
      'LINE_SKIPPED line 3: it sets IMAGE: put that into the .env file',
      'LINE_SKIPPED line 4: `docker pull …`',
      'LINE_SKIPPED line 5: `if true …`',
      'LINE_SKIPPED line 5: `fi …`',
      'SERVICE_RENAMED one-2: the name of the container is "one"',
    ],
  )
})

test('volumes that docker run names keep their names', () => {
  const { tree } = importDockerRun('docker run -v data:/a --mount type=volume,source=more,target=/b x')
  assert.deepEqual(tree['volumes'], { data: { external: true }, more: { external: true } })
})

test('options that a release has no place for are named', () => {
  const { findings } = importDockerRun('docker run --rm -P --network-alias z --http-proxy=false x')
  assert.deepEqual(
    findings.map((finding) => finding.evidence),
    [
      '--rm: a container of a release is kept for a rollback',
      '-P: a release names each port',
      '--network-alias: a release uses no networks of the engine',
    ],
  )
})

test('every option is taken in its long form', () => {
  for (const [name, option] of Object.entries(DOCKER_OPTIONS)) {
    const value =
      { ulimit: 'a=1', mount: 'type=tmpfs,target=/x' }[name] ?? (/timeout|retries/.test(name) ? '3' : 'a=b')
    const words = option.takes === 'flag' ? [`--${name}`] : [`--${name}`, value]
    assert.doesNotThrow(() => importDockerCommand(['docker', 'run', ...words, 'x']), name)
  }
})

test('a secret of another command of the script is not told', () => {
  const { findings } = importDockerRun('mysql --password=hunter2 -e "x"\nTOKEN=hunter2\ndocker run x')
  assert.equal(findings.length, 2)
  assert.doesNotMatch(JSON.stringify(findings), /hunter2/)
})

test('Podman splits lists at commas, and Docker does not', () => {
  const fields = (engine: string): TreeMap => {
    const line = `${engine} run --cap-add=SYS_ADMIN,NET_ADMIN -p 80:80,81:81 --cap-drop ALL a/b:1`
    return (importDockerRun(line).tree['services'] as Record<string, TreeMap>)['b'] ?? {}
  }
  const { cap_add: added, ports, cap_drop: removed } = fields('podman')
  assert.deepEqual(
    { added, ports, removed },
    { added: ['SYS_ADMIN', 'NET_ADMIN'], ports: ['80:80', '81:81'], removed: ['ALL'] },
  )
  assert.deepEqual(fields('docker')['cap_add'], ['SYS_ADMIN,NET_ADMIN'])
})

const named = (script: string): readonly string[] =>
  Object.keys(importDockerRun(script).tree['services'] as TreeMap)

test('a name that the script sets before is that of the service', () => {
  assert.deepEqual(named('VAR=web\ndocker run --name $VAR x'), ['web'])
  assert.deepEqual(named('A=we; export B="${A}b"; docker run --name "my-${B}" x'), ['my-web'])
  assert.deepEqual(named('IMAGE=registry:5000/x/nova:1\ndocker run $IMAGE'), ['nova'])
  const { findings } = importDockerRun('VAR=web\ndocker run --name $VAR x')
  assert.ok(!findings.some(({ code }) => code === 'SERVICE_RENAMED'))
})

test('a name that is not certain stays a variable', () => {
  for (const before of [
    '',
    'if true; then VAR=web; fi',
    'VAR=web; read VAR',
    'VAR=web; unset VAR',
    'VAR=web; for VAR in a b; do true; done',
    'VAR=web; VAR+=x',
    'VAR=web; . ./settings',
    'VAR=web; VAR=$OTHER',
    'set_it() {\nVAR=web\n}',
    'VAR=web true',
  ]) {
    assert.deepEqual(named(`${before}\ndocker run --name $VAR x`), ['-VAR'], before)
  }
})

test('the working directory of the script is that of the file', () => {
  const options = `-v "$(pwd)/data":/data -v \`pwd\`:/x -v $PWD/a:$PWD/a --env-file \${PWD}/b.env \\
    --mount type=bind,src=$(pwd)/m,dst=/m -e HERE=$PWD -e OTHER=$PWDX -w "$(pwd)"`
  const { volumes, env_file: files, environment, working_dir: workdir } = service(options)
  assert.deepEqual(volumes, [
    './data:/data',
    '.:/x',
    './a:/srv/$$node/a',
    { type: 'bind', source: './m', target: '/m', bind: { create_host_path: false } },
  ])
  assert.deepEqual(files, [{ path: './b.env', format: 'raw' }])
  assert.deepEqual(environment, { HERE: '/srv/$$node', OTHER: '$PWDX' })
  assert.equal(workdir, '/srv/$$node')
})

test('the directory of the script is that of the file', () => {
  for (const here of [
    'cd "$(dirname "$0")"\ndocker run -v $PWD',
    'docker run -v $(dirname $0)',
    'docker run -v "$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"',
  ]) {
    const { services } = importDockerRun(`${here}/a:/a x`).tree
    assert.deepEqual((services as Record<string, TreeMap>)['x']?.['volumes'], ['./a:/a'], here)
  }
})

test('after cd the working directory is another one', () => {
  assert.throws(() => importDockerRun('cd /srv\ndocker run -v $(pwd):/x x'), { code: 'IMPORT_SHELL' })
  assert.throws(() => importDockerRun('cd "$(dirname "$0")/.."\ndocker run -v $PWD:/x x'), {
    code: 'IMPORT_SHELL',
  })
  assert.throws(() => importDockerRun('docker run -v $(ls):/x x'), { code: 'IMPORT_SHELL' })
})
