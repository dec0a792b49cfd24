import assert from 'node:assert/strict'
import { test } from 'node:test'
import { draftRelease } from '../draft.ts'
import type { ReleaseDraft } from '../release.ts'
import type { TreeMap } from '../tree.ts'
import { LINT_FINDINGS } from './findings.ts'
import { lintRelease } from './lint.ts'

const BINDS = [
  '/sys/fs/cgroup',
  '/run/libvirt',
  '/run/dbus',
  '/var/lib/libvirt',
  '/etc/libvirt/qemu',
  '/var/log/libvirt',
  '/var/lib/nova',
  '/dev',
]

const GOOD: TreeMap = {
  image: 'a/nova-libvirt:9.0',
  network_mode: 'host',
  pid: 'host',
  cgroup: 'host',
  privileged: true,
  restart: 'unless-stopped',
  volumes: BINDS.map((path) => `${path}:${path}`),
}
const VIRTLOGD: TreeMap = {
  image: 'a/nova-libvirt:9.0',
  command: ['virtlogd'],
  network_mode: 'host',
  pid: 'host',
  restart: 'unless-stopped',
  volumes: BINDS.map((path) => `${path}:${path}`),
}

function draft(
  services: TreeMap,
  top: TreeMap = { 'x-anneal': { libvirt: { service: 'libvirt' } } },
): ReleaseDraft {
  const result = draftRelease({
    tree: { name: 'compute', services, ...top },
    directory: '/srv',
    envFiles: new Map(),
    lookup: () => undefined,
  })
  assert.deepEqual(
    result.problems.map((problem) => problem.error.message),
    [],
  )
  return result.draft
}

/** `CODE severity` of everything said about a libvirt service with these changes. */
function lint(changes: TreeMap): readonly string[] {
  return lintRelease(draft({ libvirt: { ...GOOD, ...changes }, virtlogd: VIRTLOGD })).map(
    (finding) => `${finding.code} ${finding.severity}`,
  )
}
const without = (...paths: string[]): TreeMap => ({
  volumes: BINDS.filter((path) => !paths.includes(path)).map((path) => `${path}:${path}`),
})

test('a libvirt service with all it needs is clean', () => {
  assert.deepEqual(lint({}), [])
})

for (const [changes, expected] of [
  [{ environment: { RABBIT_PASSWORD: 'x' } }, ['SECRET_IN_ENVIRONMENT refuse']],
  [{ environment: { TRANSPORT: 'rabbit://nova:x@host' } }, ['SECRET_IN_ENVIRONMENT refuse']],
  [{ environment: { RABBIT_PASSWORD: '', RABBIT_PASSWORD_FILE: '/x', TOKEN_TTL: '3' } }, []],
  [{ environment: { PASSWORD_POLICY: 'x' }, 'x-anneal': { publicEnvironment: ['PASSWORD_POLICY'] } }, []],
  [{ command: ['libvirtd', '--os-password', 'x'] }, ['SECRET_IN_ARGUMENTS refuse']],
  [{ pid: null }, ['PID_NAMESPACE_PRIVATE refuse']],
  [{ cgroup: null }, ['CGROUP_NAMESPACE_PRIVATE refuse']],
  [{ cgroup: 'private' }, ['CGROUP_NAMESPACE_PRIVATE refuse']],
  [without('/sys/fs/cgroup'), ['CGROUP_BIND_MISSING refuse']],
  [
    { volumes: [...BINDS.slice(1).map((path) => `${path}:${path}`), '/sys/fs/cgroup:/sys/fs/cgroup:ro'] },
    ['CGROUP_BIND_MISSING refuse'],
  ],
  [
    { volumes: [...BINDS.slice(1).map((path) => `${path}:${path}`), '/other:/sys/fs/cgroup'] },
    ['CGROUP_BIND_MISSING refuse'],
  ],
  [without('/run/libvirt'), ['STATE_NOT_PERSISTENT refuse']],
  [without('/var/lib/libvirt'), ['STATE_NOT_PERSISTENT refuse']],
  [{ ...without('/run/libvirt'), tmpfs: ['/run/libvirt'] }, ['STATE_NOT_PERSISTENT refuse']],
  [
    {
      volumes: BINDS.map((path) =>
        path === '/run/libvirt' ? '/run/libvirt:/var/run/libvirt' : `${path}:${path}`,
      ),
    },
    [],
  ],
  [
    {
      volumes: [
        '/run:/run',
        ...BINDS.filter((path) => !path.startsWith('/run')).map((path) => `${path}:${path}`),
      ],
    },
    [],
  ],
  [without('/dev'), ['BIND_MISSING warn']],
  [without('/var/lib/nova', '/etc/libvirt/qemu'), ['BIND_MISSING warn', 'BIND_MISSING warn']],
  [without('/run/dbus'), ['MACHINED_UNREACHABLE warn']],
  [{ network_mode: 'bridge' }, ['NETWORK_NOT_HOST warn']],
  [{ command: "sh -c 'virtlogd -d; exec libvirtd'" }, ['VIRTLOGD_INSIDE warn']],
  [{ image: 'a/nova-libvirt' }, ['IMAGE_FLOATING warn']],
  [{ image: 'a/nova-libvirt:latest' }, ['IMAGE_FLOATING warn']],
  [{ restart: 'no' }, ['RESTART_MISSING warn']],
  [{ restart: 'always' }, ['RESTART_ALWAYS warn']],
  [{ stop_grace_period: '2s' }, ['STOP_GRACE_SHORT warn']],
  [{ 'x-anneal': { guests: 'expendable' } }, ['GUESTS_EXPENDABLE warn']],
] as const satisfies readonly (readonly [TreeMap, readonly string[]])[]) {
  test(`a libvirt service with ${JSON.stringify(changes)} gives ${expected.join(', ') || 'nothing'}`, () => {
    assert.deepEqual(lint(changes), expected)
  })
}

test('the remedy for a directory that is not mounted is the line to write', () => {
  const changes = without('/sys/fs/cgroup', '/run/libvirt', '/var/lib/nova', '/run/dbus')
  const findings = lintRelease(draft({ libvirt: { ...GOOD, ...changes }, virtlogd: VIRTLOGD }))
  const remedies = Object.fromEntries(findings.map(({ code, remedy }) => [code, remedy.split('; ', 1)[0]]))
  assert.deepEqual(remedies, {
    CGROUP_BIND_MISSING: 'write `/sys/fs/cgroup:/sys/fs/cgroup` under `volumes`',
    STATE_NOT_PERSISTENT:
      'write `/run/libvirt:/run/libvirt` under `volumes`, in the old release and in the new one',
    BIND_MISSING: 'write `/var/lib/nova:/var/lib/nova` under `volumes`',
    MACHINED_UNREACHABLE: 'write `/run/dbus:/run/dbus` under `volumes`',
  })
})

test('a secret inside a bind of the host’s /run is reported', () => {
  const service: TreeMap = {
    image: 'a/b:1',
    network_mode: 'host',
    volumes: ['/run:/run'],
    secrets: ['s', { source: 's', target: '/etc/s' }],
  }
  const findings = lintRelease(draft({ service }, { secrets: { s: { file: './s' } } }))
  assert.deepEqual(
    findings.map((finding) => `${finding.code}: ${finding.evidence}`),
    ['GRANT_INSIDE_BIND: /run/secrets/s is inside the bind of /run'],
  )
})

test('a service that is not libvirt is held to less', () => {
  const other: TreeMap = { image: 'a/exporter:1', network_mode: 'none' }
  assert.deepEqual(lintRelease(draft({ other }, {})), [])
  const [finding, ...more] = lintRelease(draft({ other: { ...other, privileged: true } }, {}))
  assert.equal(finding?.code, 'PRIVILEGED_WITHOUT_HOST_PID')
  assert.deepEqual(more, [])
})

test('a release that does not declare libvirt, lacks virtlogd or starts Nova first gets a finding', () => {
  const compute: TreeMap = {
    ...GOOD,
    image: 'a/nova-compute:1',
    stop_grace_period: '60s',
    'x-anneal': { order: 1 },
  }
  const codes = lintRelease(draft({ libvirt: { ...GOOD, command: 'libvirtd' }, compute }, {})).map(
    (finding) => `${finding.code} ${finding.subject}`,
  )
  assert.deepEqual(codes, [
    'LIBVIRT_UNDECLARED libvirt',
    'VIRTLOGD_MISSING libvirt',
    'COMPUTE_BEFORE_LIBVIRT compute',
  ])
})

test('no finding tells the value of a variable or argument', () => {
  const findings = lintRelease(
    draft({
      libvirt: {
        ...GOOD,
        environment: { A_PASSWORD: 'hunter2', B: 'amqp://u:hunter2@h' },
        command: ['x', '--password=hunter2', 'http://a:hunter2@b'],
      },
    }),
  )
  assert.equal(findings.filter((finding) => finding.code.startsWith('SECRET')).length, 2)
  assert.doesNotMatch(JSON.stringify(findings), /hunter2/)
})

test('an entry point that does not name the daemon may start virtlogd itself', () => {
  for (const libvirt of [GOOD, { ...GOOD, entrypoint: ['dumb-init', '--'], command: 'kolla_start' }]) {
    const codes = lintRelease(draft({ libvirt })).map(({ code }) => code)
    assert.ok(!codes.includes('VIRTLOGD_MISSING'), codes.join())
  }
})

test('notices of the file become findings without weight', () => {
  const findings = lintRelease(draft({ libvirt: GOOD, virtlogd: VIRTLOGD }), [
    { path: ['services', 'a', 'build'], key: 'build', why: 'never built' },
  ])
  assert.deepEqual(findings, [
    {
      code: 'NO_EFFECT',
      severity: 'info',
      subject: 'services.a.build',
      evidence: '"build": never built',
      remedy: LINT_FINDINGS.NO_EFFECT.remedy,
    },
  ])
})
