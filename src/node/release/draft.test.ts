import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draftRelease } from './draft.ts'
import type { DraftResult } from './draft.ts'
import { formatPath } from './problem.ts'
import type { ServiceDraft } from './release.ts'
import type { TreeMap } from './tree.ts'
import { REFUSED_SERVICE_KEYS, REFUSED_TOP_KEYS } from './unsupported.ts'

function draft(fields: TreeMap, top: TreeMap = {}): DraftResult {
  const services = { it: { image: 'a/b:1', network_mode: 'host', ...fields } }
  return draftRelease({
    tree: { name: 'compute', services, ...top },
    directory: '/srv/compute',
    envFiles: new Map([
      [
        'compose common.env',
        new Map([
          ['A', 'file'],
          ['B', 'file'],
        ]),
      ],
    ]),
    lookup: (name) => (name === 'FROM_OUTSIDE' ? 'outside' : undefined),
  })
}

function service(value: TreeMap, top: TreeMap = {}): ServiceDraft {
  const result = draft(value, top)
  assert.deepEqual(
    result.problems.map((problem) => `${formatPath(problem.path)}: ${problem.error.message}`),
    [],
  )
  const [first] = result.draft.services
  assert.ok(first)
  return first
}

/** `path CODE` of each problem. */
function problems(value: TreeMap, top: TreeMap = {}): readonly string[] {
  return draft(value, top).problems.map((problem) => `${formatPath(problem.path)} ${problem.error.code}`)
}

for (const [what, short, long] of [
  ['environment', { environment: ['A=1', 'B=x=y'] }, { environment: { B: 'x=y', A: 1 } }],
  ['labels', { labels: ['a=1', 'b'] }, { labels: { b: '', a: '1' } }],
  [
    'a bind',
    { volumes: ['/run/dbus/:/run/dbus:ro'] },
    { volumes: [{ type: 'bind', source: '/run/dbus', target: '/run/dbus', read_only: true }] },
  ],
  [
    'a bind with propagation, relative to the file',
    { volumes: ['./x/../y:/y:rshared,rw'] },
    {
      volumes: [
        {
          type: 'bind',
          source: '/srv/compute/y',
          target: '/y/',
          bind: { propagation: 'rshared', create_host_path: true },
        },
      ],
    },
  ],
  [
    'a tmpfs',
    { tmpfs: '/t:size=64m,mode=1777' },
    { volumes: [{ type: 'tmpfs', target: '/t', tmpfs: { size: 67108864, mode: '01777' } }] },
  ],
  [
    'ports',
    { network_mode: 'bridge', ports: ['127.0.0.1:80-81:8080-8081'] },
    {
      network_mode: 'bridge',
      ports: [
        { target: 8081, published: 81, host_ip: '127.0.0.1', protocol: 'tcp', mode: 'host' },
        { target: 8080, published: '80', host_ip: '127.0.0.1' },
      ],
    },
  ],
  ['depends_on of itself is another matter; restart', { restart: false }, { restart: 'no' }],
  [
    'healthchecks',
    { healthcheck: { test: 'virsh version', interval: '1m' } },
    { healthcheck: { test: ['CMD-SHELL', 'virsh version'], interval: '60s' } },
  ],
  ['a disabled healthcheck', { healthcheck: { disable: true } }, { healthcheck: { test: ['NONE'] } }],
  ['ulimits', { ulimits: { nofile: 1024 } }, { ulimits: { nofile: { soft: 1024, hard: '1024' } } }],
  [
    'devices',
    { devices: ['/dev/kvm'] },
    { devices: [{ source: '/dev/kvm', target: '/dev/kvm', permissions: 'mrw' }] },
  ],
  ['capabilities', { cap_add: ['NET_ADMIN', 'sys_admin'] }, { cap_add: ['CAP_SYS_ADMIN', 'CAP_NET_ADMIN'] }],
  ['commands', { command: 'libvirtd --config "a b"' }, { command: ['libvirtd', '--config', 'a b'] }],
  ['hosts', { extra_hosts: ['a:10.0.0.1', 'b=::1'] }, { extra_hosts: { b: '[::1]', a: '10.0.0.1' } }],
  [
    'limits',
    { mem_limit: '1g', cpus: 1.5, pids_limit: 5 },
    { deploy: { resources: { limits: { memory: '1024m', cpus: '1.5', pids: 5 } } } },
  ],
  ['signals and graces', { stop_signal: 'TERM' }, { stop_signal: '15', stop_grace_period: '10s' }],
  ['security options', { security_opt: ['label:disable'] }, { security_opt: ['label=disable'] }],
  [
    'what is harmless',
    {},
    { scale: 1, deploy: { replicas: 1, mode: 'replicated' }, tty: false, pull_policy: 'missing' },
  ],
] as const satisfies readonly (readonly [string, TreeMap, TreeMap])[]) {
  test(`two spellings of ${what} mean the same`, () => {
    assert.deepEqual(service(short), service(long))
  })
}

test('variables come from env files, then from the environment map, then from outside', () => {
  const { environment } = service({
    env_file: 'common.env',
    environment: { B: 'own', FROM_OUTSIDE: null },
  }).container
  assert.deepEqual(environment, { A: 'file', B: 'own', FROM_OUTSIDE: 'outside' })
  assert.deepEqual(problems({ environment: ['NOWHERE'] }), ['services.it.environment VARIABLE_MISSING'])
})

test('a null command leaves the image’s own and an empty one clears it', () => {
  assert.equal(service({ command: null }).container.command, undefined)
  assert.deepEqual(service({ command: [] }).container.command, [])
  assert.deepEqual(service({ command: '' }).container.command, [])
})

test('secrets and configs become read-only binds of files that must exist', () => {
  const top = {
    secrets: { rabbit: { file: './secrets/rabbit' } },
    configs: { nova: { file: '/etc/nova.conf' } },
  }
  const it = service(
    { secrets: ['rabbit'], configs: [{ source: 'nova', target: '/etc/nova/nova.conf' }] },
    top,
  )
  assert.deepEqual(it.secrets, [
    { name: 'rabbit', file: '/srv/compute/secrets/rabbit', target: '/run/secrets/rabbit' },
  ])
  assert.deepEqual(it.container.mounts, [
    {
      type: 'bind',
      source: '/etc/nova.conf',
      target: '/etc/nova/nova.conf',
      readOnly: true,
      createHostPath: false,
    },
    {
      type: 'bind',
      source: '/srv/compute/secrets/rabbit',
      target: '/run/secrets/rabbit',
      readOnly: true,
      createHostPath: false,
    },
  ])
})

test('named volumes are named as Compose names them', () => {
  const top = { volumes: { data: null, shared: { external: true }, named: { name: 'libvirtd' } } }
  const { mounts } = service({ volumes: ['data:/a', 'shared:/b', 'named:/c:ro'] }, top).container
  assert.deepEqual(
    mounts.map((mount) => `${mount.type} ${mount.source} ${mount.target} ${mount.readOnly ? 'ro' : 'rw'}`),
    ['volume compute_data /a rw', 'volume shared /b rw', 'volume libvirtd /c ro'],
  )
})

for (const [value, expected] of [
  [{ volumes: ['/data'] }, 'services.it.volumes[0] VOLUME_ANONYMOUS'],
  [{ volumes: ['data:/data'] }, 'services.it.volumes[0] VOLUME_UNDECLARED'],
  [{ volumes: ['constructor:/data'] }, 'services.it.volumes[0] VOLUME_UNDECLARED'],
  [{ volumes: ['/a:relative'] }, 'services.it.volumes[0] VOLUME_INVALID'],
  [{ volumes: ['/a:/b:nocopy'] }, 'services.it.volumes[0] VOLUME_INVALID'],
  [{ volumes: ['~/a:/b'] }, 'services.it.volumes[0] VOLUME_INVALID'],
  [{ volumes: ['/a:/b:z'] }, 'services.it.volumes[0] UNSUPPORTED'],
  [{ volumes: [{ type: 'image', source: 'x', target: '/b' }] }, 'services.it.volumes[0] VOLUME_INVALID'],
  [
    { volumes: [{ type: 'bind', source: '/a', target: '/b', tmpfs: { size: 1 } }] },
    'services.it.volumes[0] VOLUME_INVALID',
  ],
  [{ volumes: ['/a:/b', '/c:/b/'] }, 'services.it MOUNT_TWICE'],
  [{ tmpfs: ['/a:uid=5'] }, 'services.it.tmpfs[0] VOLUME_INVALID'],
  [{ network_mode: 'bridge', ports: ['80'] }, 'services.it.ports[0] PORT_INVALID'],
  [{ network_mode: 'bridge', ports: ['80:70000'] }, 'services.it.ports[0] PORT_INVALID'],
  [{ network_mode: 'bridge', ports: ['80-82:80-81'] }, 'services.it.ports[0] PORT_INVALID'],
  [{ ports: ['80:80'] }, 'services.it.ports UNSUPPORTED'],
  [{ secrets: ['nowhere'] }, 'services.it.secrets[0] GRANT_UNDECLARED'],
  [{ image: null }, 'services.it IMAGE_MISSING'],
  [{ image: null, build: '.' }, 'services.it IMAGE_MISSING'],
  [{ image: 'Not An Image' }, 'services.it.image IMAGE_INVALID'],
  [{ restart: 'on-failure:3' }, 'services.it.restart VALUE_INVALID'],
  [{ stop_grace_period: '10' }, 'services.it.stop_grace_period VALUE_INVALID'],
  [{ stop_signal: 'SIGNOPE' }, 'services.it.stop_signal VALUE_INVALID'],
  [{ privileged: 'perhaps' }, 'services.it.privileged VALUE_INVALID'],
  [{ healthcheck: { interval: '3s' } }, 'services.it.healthcheck.disable VALUE_INVALID'],
  [{ network_mode: null }, 'services.it UNSUPPORTED'],
  [{ network_mode: 'container:x' }, 'services.it.network_mode UNSUPPORTED'],
  [{ pid: 'service:other' }, 'services.it.pid UNSUPPORTED'],
  [{ labels: { 'io.anneal.release': 'x' } }, 'services.it.labels LABEL_RESERVED'],
  [{ labels: { 'com.docker.compose.project': 'nova' } }, 'services.it.labels LABEL_OF_COMPOSE'],
  [{ labels: { 'io.podman.compose.project': 'nova' } }, 'services.it.labels LABEL_OF_COMPOSE'],
  [{ command: 'a "b' }, 'services.it.command COMMAND_SYNTAX'],
  [{ deploy: { replicas: 2 } }, 'services.it.deploy.replicas UNSUPPORTED'],
  [
    { deploy: { resources: { reservations: { cpus: '1' } } } },
    'services.it.deploy.resources.reservations UNSUPPORTED',
  ],
  [
    { 'x-anneal': { ready: [{ libvirt: null }] } },
    'services.it["x-anneal"].ready[0].libvirt LIBVIRT_NOT_DECLARED',
  ],
  [{ 'x-anneal': { settle: '2m' } }, 'services.it["x-anneal"].settle VALUE_INVALID'],
  [{ 'x-anneal': { ready: [{ tcp: 'nowhere' }] } }, 'services.it["x-anneal"].ready[0].tcp VALUE_INVALID'],
] as const satisfies readonly (readonly [TreeMap, string])[]) {
  test(`${JSON.stringify(value)} is refused at ${expected}`, () => {
    assert.deepEqual(
      problems(value).map((text) => text.replace('.x-anneal', '["x-anneal"]')),
      [expected],
    )
  })
}

test('every feature that cannot be kept is refused by its name, with what to write instead', () => {
  const harmful: TreeMap = {
    scale: 2,
    pull_policy: 'always',
    networks: ['a'],
    oom_kill_disable: true,
    tty: true,
    stdin_open: true,
    use_api_socket: true,
  }
  for (const key of Object.keys(REFUSED_SERVICE_KEYS)) {
    const found = draft({ [key]: harmful[key] ?? ['something'] }).problems
    assert.equal(found.length, 1, key)
    assert.equal(found[0]?.error.code, 'UNSUPPORTED', key)
    assert.match(found[0]?.error.message ?? '', new RegExp(`"${key}"`))
    assert.doesNotMatch(found[0]?.error.remedy ?? '', /\{|\?$/)
    assert.deepEqual(found[0]?.path, ['services', 'it', key])
  }
  for (const key of Object.keys(REFUSED_TOP_KEYS))
    assert.deepEqual(problems({}, { [key]: { a: {} } }), [`${key} UNSUPPORTED`])
})

test('several problems are reported together', () => {
  assert.equal(problems({ links: ['a'], volumes: ['/a', 'b:/b'], restart: 'sometimes' }).length, 4)
})

test('a key without an effect in a release gives a finding', () => {
  const { notices } = draft({ build: '.', expose: ['80'] }, { version: '3.8' })
  assert.deepEqual(
    notices.map((notice) => notice.key),
    ['version', 'build', 'expose'],
  )
})

test('a file needs a name and a service', () => {
  assert.deepEqual(problems({}, { name: null }), ['(the whole file) NAME_MISSING'])
  assert.deepEqual(problems({}, { name: 'Not Good' }), ['name NAME_INVALID'])
  assert.deepEqual(problems({}, { services: {} }), ['(the whole file) SERVICES_MISSING'])
})

test('secrets that are no files are refused', () => {
  assert.deepEqual(problems({}, { secrets: { a: { environment: 'A' } } }), ['secrets.a GRANT_NO_FILE'])
  assert.deepEqual(problems({}, { configs: { a: { content: 'x' } } }), ['configs.a GRANT_NO_FILE'])
})

test('the fields of x-anneal have defaults, and libvirt is found by its service', () => {
  const top = { 'x-anneal': { libvirt: { service: 'it' } } }
  const plain = draft(
    { 'x-anneal': { ready: [{ libvirt: null }, { tcp: '[::1]:5672', timeout: '1m' }] } },
    top,
  )
  assert.deepEqual(plain.problems, [])
  assert.deepEqual(plain.draft.libvirt, {
    service: 'it',
    socket: '/run/libvirt/libvirt-sock',
    stateDir: '/run/libvirt',
  })
  const [it] = plain.draft.services
  assert.deepEqual([it?.replace, it?.guests, it?.order], ['always', 'never', 100])
  assert.deepEqual(it?.ready, [
    { kind: 'libvirt', socket: '/run/libvirt/libvirt-sock', timeoutMs: 60_000, intervalMs: 200 },
    { kind: 'tcp', host: '::1', port: 5672, timeoutMs: 60_000, intervalMs: 200 },
  ])
  assert.deepEqual(problems({}, { 'x-anneal': { libvirt: { service: 'nobody' } } }), [
    'x-anneal.libvirt.service LIBVIRT_SERVICE_UNKNOWN',
  ])
})

test('a capability that Linux does not have is refused, and so are two in one item', () => {
  assert.deepEqual(
    problems({ cap_add: ['cap_foo', 'SYS_ADMIN,NET_ADMIN', 'sys_admin'], cap_drop: ['all', ''] }),
    [
      'services.it.cap_add[0] VALUE_INVALID',
      'services.it.cap_add[1] VALUE_INVALID',
      'services.it.cap_drop[1] VALUE_INVALID',
    ],
  )
})

test('an extra host without an address or a name is refused', () => {
  assert.deepEqual(problems({ extra_hosts: ['x', 'a:10.0.0.1', 'y:', ':10.0.0.1'] }), [
    'services.it.extra_hosts[0] VALUE_INVALID',
    'services.it.extra_hosts[2] VALUE_INVALID',
    'services.it.extra_hosts[3] VALUE_INVALID',
  ])
  assert.deepEqual(problems({ extra_hosts: { x: '', y: '10.0.0.1' } }), [
    'services.it.extra_hosts.x VALUE_INVALID',
  ])
})

/** The messages with their remedies. */
function told(value: TreeMap, top: TreeMap = {}): string {
  return draft(value, top)
    .problems.map(({ error }) => `${error.message}: ${error.remedy}`)
    .join('\n')
}

test('a name without a value gets a remedy that fits where it stands', () => {
  assert.match(told({ environment: { A: null } }), /or write A: \$\{A:-default\}$/)
  assert.match(told({ environment: ['A'] }), /or write A=\$\{A:-default\}$/)
})

test('a service that depends on itself is named alone', () => {
  assert.match(told({ depends_on: ['it'] }), /^Cannot order the services: it depends on itself:/)
})

test('a secret that is no file is one problem, not two', () => {
  const secrets = { s: { environment: 'HOME' } }
  assert.deepEqual(problems({ secrets: ['s'] }, { secrets }), ['secrets.s GRANT_NO_FILE'])
})

test('an optional dependency may stay a dependency', () => {
  const both = {
    services: {
      it: { image: 'a:1', network_mode: 'host', depends_on: { b: { required: false } } },
      b: { image: 'a:1', network_mode: 'host' },
    },
  }
  assert.match(told({}, both), /remove `required: false`/)
})

test('ports name no network mode that the file does not have', () => {
  const ports = ['80:80']
  assert.doesNotMatch(told({ ports, network_mode: null }), /"none"/)
  assert.match(told({ ports, network_mode: null }), /write `network_mode: bridge`/)
  assert.doesNotMatch(told({ ports, network_mode: 'container:x' }), /"none"/)
  assert.match(told({ ports, network_mode: 'none' }), /network_mode "none" cannot publish ports/)
})

test('a restart policy of `deploy` says what Compose does with it', () => {
  const text = told({ deploy: { restart_policy: { condition: 'any' } } })
  assert.match(text, /Compose v2 puts it in the place of `restart`.*write `restart`/)
  assert.doesNotMatch(text, /swarm/)
})
