import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guest, Helper } from '../guests/index.ts'
import type { Container } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { Endangered } from '../kill-set/index.ts'
import { examine } from './doctor.ts'
import type { DoctorInput } from './doctor.ts'
import { GUEST, HEALTHY, IDENTITY, LIBVIRT, NOBODY } from './fixtures/healthy-node.ts'

const examined = (changes: Partial<DoctorInput>): readonly Finding[] => examine({ ...HEALTHY, ...changes })
/** `severity CODE subject` of each finding. */
const said = (changes: Partial<DoctorInput>): readonly string[] =>
  examined(changes).map((finding) => `${finding.severity} ${finding.code} ${finding.subject}`)
const withContainer = (changes: Partial<Container>): Partial<DoctorInput> => ({
  containers: [{ ...LIBVIRT, ...changes }],
})
const engine = (changes: Partial<DoctorInput['engine']>): Partial<DoctorInput> => ({
  engine: { ...HEALTHY.engine, ...changes },
})
const host = (changes: Partial<DoctorInput['host']>): Partial<DoctorInput> => ({
  host: { ...HEALTHY.host, ...changes },
})
const without = (path: string): Partial<DoctorInput> =>
  withContainer({ mounts: LIBVIRT.mounts.filter((mount) => mount.target !== path) })
const guest = (changes: Partial<Guest>): Partial<DoctorInput> => ({
  census: { ...NOBODY, guests: [{ ...GUEST, ...changes }] },
})

test('the doctor warns of a container without its conmon', () => {
  const containers = [{ ...LIBVIRT, unwatched: true } as const]
  const found = examined({ containers }).filter(({ code }) => code === 'CONTAINER_UNWATCHED')
  assert.deepEqual(
    found.map(({ severity, subject }) => [severity, subject]),
    [['warn', LIBVIRT.name]],
  )
})

test('the doctor warns of a container whose end its engine missed', () => {
  const containers = [{ ...LIBVIRT, status: 'exited', pid: 0, endUnnoticed: true } as const]
  const found = examined({ containers }).filter(({ code }) => code === 'CONTAINER_END_UNNOTICED')
  assert.deepEqual(
    found.map(({ severity, subject }) => [severity, subject]),
    [['warn', LIBVIRT.name]],
  )
})

test('a node as it should be gives nothing to say, with a guest and without', () => {
  assert.deepEqual(said({}), [])
  assert.deepEqual(said(guest({})), [])
})

for (const [what, changes, expected] of [
  [
    'a private pid namespace',
    withContainer({ pidMode: 'private' }),
    'refuse PID_NAMESPACE_PRIVATE compute-libvirt-0123456789ab',
  ],
  [
    'a private cgroup namespace',
    withContainer({ cgroupnsMode: 'private' }),
    'refuse CGROUP_NAMESPACE_PRIVATE compute-libvirt-0123456789ab',
  ],
  [
    'no bind of the control groups',
    without('/sys/fs/cgroup'),
    'refuse CGROUP_BIND_MISSING compute-libvirt-0123456789ab',
  ],
  [
    'no bind of libvirt’s state',
    without('/var/lib/libvirt'),
    'refuse STATE_NOT_PERSISTENT compute-libvirt-0123456789ab',
  ],
  ['no way to machined', without('/run/dbus'), 'warn MACHINED_UNREACHABLE compute-libvirt-0123456789ab'],
  [
    'a secret in the environment',
    withContainer({ environmentNames: ['PATH', 'OS_PASSWORD'] }),
    'warn SECRET_IN_ENVIRONMENT compute-libvirt-0123456789ab',
  ],
  [
    'virtlogd in libvirt’s script',
    withContainer({ command: ['sh', '-c', 'virtlogd -d; exec libvirtd'] }),
    'warn VIRTLOGD_INSIDE compute-libvirt-0123456789ab',
  ],
  [
    'a floating image',
    withContainer({ image: 'a/nova-libvirt:latest' }),
    'warn IMAGE_FLOATING compute-libvirt-0123456789ab',
  ],
  [
    'nothing that restarts it',
    withContainer({ restartPolicy: 'no' }),
    'warn RESTART_MISSING compute-libvirt-0123456789ab',
  ],
  [
    'a runtime newer than any that was seen',
    withContainer({ runtimeVersion: '9.0.0' }),
    'warn VERSIONS_NOT_SEEN docker',
  ],
  ['live-restore off', engine({ stopsContainersWithDaemon: true }), 'warn LIVE_RESTORE_OFF docker'],
  [
    'a unit that systemd stops with the engine',
    { stopWithEngine: [{ container: 'nova_libvirt', unit: 'kolla.service' }] },
    'warn STOPS_WITH_ENGINE nova_libvirt',
  ],
  [
    'an engine that is not started at boot',
    engine({ startsAtBoot: false }),
    'warn ENGINE_NOT_AT_BOOT docker',
  ],
  ['no machined', host({ machinedRunning: false, machinedActivatable: false }), 'warn MACHINED_ABSENT node'],
  [
    'no systemd at all',
    host({ machinedRunning: false, machinedActivatable: false, systemdIsInit: false }),
    'info MACHINED_ABSENT node',
  ],
  [
    'missing capabilities',
    host({ missingCapabilities: ['CAP_SYS_RESOURCE'] }),
    'info CAPABILITY_MISSING node',
  ],
  [
    'an emulator of a snap’s revision',
    guest({ emulator: '/snap/openstack-hypervisor/123/usr/bin/qemu-system-x86_64' }),
    'warn EMULATOR_IN_REVISION instance-00000001',
  ],
  [
    'an emulator that was deleted',
    guest({ emulator: '/usr/bin/qemu-system-x86_64 (deleted)' }),
    'warn EMULATOR_REMOVED instance-00000001',
  ],
  [
    'an emulator of a container that is gone',
    guest({ ownerContainer: 'f'.repeat(64) }),
    'warn EMULATOR_REMOVED instance-00000001',
  ],
  ['a guest that libvirt only remembers', { census: { ...NOBODY, stale: ['old'] } }, 'info GUEST_STALE old'],
] as const satisfies readonly (readonly [string, Partial<DoctorInput>, string])[]) {
  test(`${what} gives ${expected}`, () => {
    assert.deepEqual(said(changes), [expected])
    for (const finding of examined(changes)) {
      assert.notEqual(finding.evidence, '')
      assert.notEqual(finding.remedy, '')
    }
  })
}

test('a path below current of a snap stays and is no finding', () => {
  assert.deepEqual(
    said(guest({ emulator: '/snap/openstack-hypervisor/current/usr/bin/qemu-system-x86_64' })),
    [],
  )
})

test('a guest of the previous container is reported with both containers', () => {
  const old: Container = {
    ...LIBVIRT,
    id: 'b'.repeat(64),
    name: 'compute-libvirt-ba9876543210',
    status: 'exited',
    restartPolicy: 'no',
  }
  const [finding, ...more] = examined({ containers: [LIBVIRT, old], ...guest({ ownerContainer: old.id }) })
  assert.deepEqual(more, [])
  assert.equal(finding?.code, 'EMULATOR_OLD')
  assert.match(finding?.evidence ?? '', /compute-libvirt-ba9876543210.*compute-libvirt-0123456789ab/)
})

test('guests that would die come first, with the mechanism and whether they can be moved', () => {
  const one: Endangered = {
    kind: 'guest',
    subject: GUEST.uuid,
    name: GUEST.name,
    pid: 900,
    containerName: LIBVIRT.name,
    mechanisms: ['cgroupV2Kill'],
    evidence: '/system.slice/docker-aaa.scope',
    rescuable: true,
  }
  const findings = examined({
    ...engine({ stopsContainersWithDaemon: true }),
    endangered: [one, { ...one, kind: 'helper', name: 'swtpm', rescuable: false }],
  })
  assert.deepEqual(
    findings.map((finding) => finding.code),
    ['GUEST_ENDANGERED', 'HELPER_ENDANGERED', 'LIVE_RESTORE_OFF'],
  )
  assert.match(
    findings[0]?.evidence ?? '',
    /pid 900 dies with container "compute-libvirt-0123456789ab" \(cgroupV2Kill: /,
  )
  assert.match(findings[0]?.remedy ?? '', /anneal node rescue/)
  assert.match(findings[1]?.remedy ?? '', /migrate/)
})

test('virtlogd in libvirt’s container is reported once, with the guests that log through it', () => {
  const virtlogd: Helper = {
    kind: 'virtlogd',
    name: 'virtlogd',
    identity: { ...IDENTITY, pid: 777 },
    guests: [],
    ownerContainer: LIBVIRT.id,
  }
  const findings = examined({
    containers: [{ ...LIBVIRT, command: ['sh', '-c', 'virtlogd -d; exec libvirtd'] }],
    census: { guests: [GUEST], helpers: [virtlogd], stale: [] },
  })
  assert.deepEqual(
    findings.map((finding) => finding.code),
    ['VIRTLOGD_INSIDE'],
  )
  assert.match(findings[0]?.evidence ?? '', /pid 777.*instance-00000001 log through it/)
})

test('two containers of one service that a reboot would start are reported; one that stays stopped is not', () => {
  const old: Container = {
    ...LIBVIRT,
    id: 'b'.repeat(64),
    name: 'compute-libvirt-ba9876543210',
    status: 'exited',
  }
  assert.deepEqual(said({ containers: [LIBVIRT, { ...old, restartPolicy: 'unless-stopped' }] }), [])
  assert.deepEqual(said({ containers: [LIBVIRT, { ...old, restartPolicy: 'always' }] }), [
    'warn BOOT_STARTS_TWO compute/libvirt',
  ])
})

test('the label of an image alone does not make two services one', () => {
  const labels = { 'io.anneal.service': 'libvirt' }
  const virtlogd: Container = { ...LIBVIRT, id: 'c'.repeat(64), name: 'logs', labels, command: ['virtlogd'] }
  assert.deepEqual(said({ containers: [{ ...LIBVIRT, labels }, virtlogd] }), [])
})

test('two libvirts at the same time are refused', () => {
  const second: Container = {
    ...LIBVIRT,
    id: 'b'.repeat(64),
    name: 'nova_libvirt',
    labels: {},
    restartPolicy: 'unless-stopped',
  }
  assert.deepEqual(said({ containers: [LIBVIRT, second] }), ['refuse LIBVIRT_TWICE node'])
})

test('with cgroup v1, the systemd driver and no machined, guests stay in the scope', () => {
  const codes = said({ ...host({ machinedRunning: false, machinedActivatable: false }), layout: 'hybrid' })
  assert.deepEqual(codes, ['warn MACHINED_ABSENT node', 'warn SCOPE_HOLDS_GUESTS docker'])
})

test('containers that have nothing to do with guests are only held to their secrets', () => {
  const web: Container = {
    ...LIBVIRT,
    id: 'd'.repeat(64),
    name: 'web',
    image: 'nginx',
    labels: {},
    command: ['nginx'],
    entrypoint: [],
    pidMode: 'private',
    restartPolicy: 'always',
  }
  assert.deepEqual(said({ containers: [LIBVIRT, web] }), [])
  assert.deepEqual(said({ containers: [LIBVIRT, { ...web, environmentNames: ['DB_PASSWORD'] }] }), [
    'warn SECRET_IN_ENVIRONMENT web',
  ])
})

test('the examination is stable: the same node gives the same findings in the same order', () => {
  const input = { ...HEALTHY, ...without('/dev'), ...engine({ stopsContainersWithDaemon: true }) }
  assert.deepEqual(examine(input), examine(structuredClone(input)))
})
