import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Census } from './census.ts'
import type { Container } from './container.ts'
import type { Process } from './process.ts'
import type { StatusFile } from './status-file.ts'
import { takeCensus } from './take-census.ts'
import type { CensusSources } from './take-census.ts'
import type { CloserLook } from './closer-look.ts'

const UUID = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001'
const OTHER = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c002'

// Readings of real machines: fixtures/census/INDEX.md.
const directory = new URL('fixtures/census/', import.meta.url)
for (const name of readdirSync(directory).filter((file) => file.endsWith('.json'))) {
  const { expected, ...recorded } = JSON.parse(readFileSync(new URL(name, directory), 'utf8'))
  test(`the census of a recorded machine is right: ${name} (${recorded.source.slice(0, 70)}…)`, () => {
    const census = takeCensus({ ...recorded, declared: [] })
    assert.deepEqual(summary(census), expected)
    // Without libvirt's files everyone is still there, with the same names.
    const alone = takeCensus({ ...recorded, statusFiles: [], declared: [] })
    assert.deepEqual(
      alone.guests.map(({ uuid, name: guest }) => [uuid, guest]),
      census.guests.map(({ uuid, name: guest }) => [uuid, guest]),
    )
    assert.deepEqual(
      alone.guests.map(({ domainId }) => domainId),
      census.guests.map(({ domainId }) => domainId),
    )
  })
}

/** The parts that a person can check against `ps`. */
function summary({ guests, helpers, stale }: Census): unknown {
  return {
    guests: guests.map(({ identity, ...guest }) => ({ pid: identity.pid, ...guest })),
    helpers: helpers.map(({ identity, ...helper }) => ({ pid: identity.pid, ...helper })),
    stale,
  }
}

let nextPid = 1000
function process(exe: string, argv: readonly string[], more: Partial<Process> = {}): Process {
  nextPid += 1
  return {
    pid: nextPid,
    startTicks: nextPid * 10,
    ppid: 1,
    name: exe.slice(exe.lastIndexOf('/') + 1).slice(0, 15),
    exe,
    exeInode: '1:1',
    argv: [exe, ...argv],
    uid: 0,
    namespaces: { pid: 1, mnt: 2, net: 3, cgroup: 4, ipc: 5 },
    cgroups: [{ hierarchy: 0, controllers: [], path: '/' }],
    ...more,
  }
}

const qemu = (
  uuid: string,
  name: string,
  more: Partial<Process> = {},
  argv: readonly string[] = [],
): Process =>
  process(
    '/usr/bin/qemu-system-x86_64',
    ['-name', `guest=${name},debug-threads=on`, '-uuid', uuid, ...argv],
    more,
  )

const census = (processes: readonly Process[], more: Partial<CensusSources> = {}): Census =>
  takeCensus({
    table: { layout: 'unified', hostPidNamespace: 1, processes },
    statusFiles: [],
    containers: [],
    declared: [],
    ...more,
  })

const statusFile = (uuid: string, pid: number, more: Partial<StatusFile> = {}): StatusFile => ({
  name: 'vm',
  path: '/run/libvirt/qemu/vm.xml',
  xml: '',
  uuid,
  pid,
  domainId: 5,
  state: 'running',
  capabilityFlags: [],
  emulator: '',
  machineType: '',
  consoleLogs: [],
  ...more,
})

const container = (id: string, rootUpperDir: string, more: Partial<Container> = {}): Container =>
  ({ id, name: id, labels: {}, rootUpperDir, mounts: [], ...more }) as Container

test('an emulator is a guest under each of the names that distributions give it', () => {
  for (const exe of ['/usr/bin/qemu-system-aarch64', '/usr/libexec/qemu-kvm', '/usr/bin/kvm']) {
    assert.equal(census([process(exe, ['-name', 'guest=a', '-uuid', UUID])]).guests.length, 1, exe)
  }
  assert.deepEqual(
    census([process('/usr/bin/qemu-img', ['convert']), process('/usr/bin/qemu-nbd', [])]).guests,
    [],
  )
})

test('a probe of capabilities is no guest', () => {
  const probe = process('/usr/bin/qemu-system-x86_64', ['-S', '-machine', 'none,accel=kvm:tcg', '-daemonize'])
  assert.deepEqual(census([probe]), { guests: [], helpers: [], stale: [] })
})

test('two processes of one guest are both in the census: neither may die unsaid', () => {
  assert.equal(census([qemu(UUID, 'vm'), qemu(UUID, 'vm')]).guests.length, 2)
})

test('a status file counts for the process whose pid it names', () => {
  const vm = qemu(UUID, 'vm')
  const { guests, stale } = census([vm], { statusFiles: [statusFile(UUID, vm.pid)] })
  assert.equal(guests[0]?.domainId, 5)
  assert.deepEqual(stale, [])
})

test('a status file whose process is gone is stale, and lends nothing to another process', () => {
  const vm = qemu(UUID, 'vm')
  const { guests, stale } = census([vm], {
    statusFiles: [statusFile(UUID, vm.pid + 1), statusFile(OTHER, 7, { name: 'dead' })],
  })
  assert.equal(guests[0]?.domainId, undefined)
  assert.deepEqual(stale, ['vm', 'dead'])
})

test('in a private pid namespace libvirt’s pids mean nothing, so the UUID alone joins', () => {
  const vm = qemu(UUID, 'vm', { namespaces: { pid: 99, mnt: 2, net: 3, cgroup: 4, ipc: 5 } })
  const { guests, stale } = census([vm], { statusFiles: [statusFile(UUID, 12)] })
  assert.equal(guests[0]?.domainId, 5)
  assert.deepEqual(stale, [])
})

test('the owner is the container whose root the process runs from, and its release', () => {
  const vm = qemu(UUID, 'vm', { rootUpperDir: '/up/new' })
  const containers = [
    container('old', '/up/old', { labels: { 'io.anneal.release': 'sha256:1' } }),
    container('new', '/up/new', { labels: { 'io.anneal.release': 'sha256:2' } }),
  ]
  const [guest] = census([vm], { containers }).guests
  assert.equal(guest?.ownerContainer, 'new')
  assert.equal(guest?.ownerRelease, 'sha256:2')
})

test('console logs are told as the host has them', () => {
  const vm = qemu(UUID, 'vm', { rootUpperDir: '/up/a' }, [
    '-chardev',
    'file,id=c,path=/var/lib/nova/instances/vm/console.log',
  ])
  const mounts = [
    { type: 'bind', source: '/srv', target: '/var/lib', readOnly: false },
    { type: 'bind', source: '/srv/nova', target: '/var/lib/nova', readOnly: false },
  ] as const
  const [guest] = census([vm], { containers: [container('a', '/up/a', { mounts })] }).guests
  assert.deepEqual(guest?.consoleLogs, ['/srv/nova/instances/vm/console.log'])
  assert.equal(guest?.consoleBackend, 'file')
})

test('a console goes through virtlogd where the status file says so, else where QEMU’s own output is a pipe', () => {
  const fdset = ['-chardev', 'pty,id=charserial0,logfile=/dev/fdset/0']
  const backend = (vm: Process, statusFiles: readonly StatusFile[] = []) =>
    census([vm], { statusFiles }).guests[0]?.consoleBackend
  assert.equal(backend(qemu(UUID, 'vm', { stdout: 'pipe:[7]' }, fdset)), 'logd')
  assert.equal(backend(qemu(UUID, 'vm', { stdout: '/var/log/libvirt/qemu/vm.log' }, fdset)), 'file')
  const vm = qemu(UUID, 'vm', { stdout: 'pipe:[7]' }, fdset)
  assert.equal(backend(vm, [statusFile(UUID, vm.pid, { stdioLogd: false, consoleLogs: ['/x'] })]), 'file')
  assert.equal(backend(qemu(UUID, 'vm', { stdout: 'pipe:[7]' })), 'none')
})

test('virtlogd is a helper of the guests whose console goes through it, and of nobody else', () => {
  const virtlogd = process('/usr/sbin/virtlogd', [])
  const logged = qemu(UUID, 'a', { stdout: 'pipe:[7]' }, ['-chardev', 'file,id=c,path=/dev/fdset/0'])
  const plain = qemu(OTHER, 'b')
  assert.deepEqual(
    census([virtlogd, logged, plain]).helpers.map(({ kind, guests }) => [kind, guests]),
    [['virtlogd', [UUID]]],
  )
  assert.deepEqual(census([virtlogd, plain]).helpers, [])
})

test('a helper is tied to its guest by UUID, socket, name, cgroup or descent', () => {
  const own = [{ hierarchy: 1, controllers: ['cpu'], path: '/machine/qemu-1-vm.libvirt-qemu/emulator' }]
  const vm = qemu(UUID, 'vm', { cgroups: own }, [
    '-chardev',
    'socket,id=n,path=/run/libvirt/qemu/passt/1-vm-net0.socket',
    '-object',
    '{"file":"/var/lib/libvirt/qemu/domain-1-vm/master-key.aes"}',
  ])
  const stranger = qemu(OTHER, 'stranger')
  const helpers = [
    process('/usr/bin/swtpm', [
      'socket',
      '--tpmstate',
      `dir=/var/lib/libvirt/swtpm/${UUID.toUpperCase()}/tpm2`,
    ]),
    process('/usr/bin/passt.avx2', ['--socket', '/run/libvirt/qemu/passt/1-vm-net0.socket']),
    process('/usr/bin/nbdkit', [
      '--unix',
      '/var/lib/libvirt/qemu/domain-1-vm/nbdkit.socket',
      '--pidfile=/run/1-vm-nbdkit.pid',
    ]),
    process('/usr/lib/qemu/virtiofsd', ['--fd=31', '-o', 'source=/srv'], { cgroups: own }),
    process('/usr/bin/slirp-helper', ['--fd', '3'], { ppid: vm.pid }),
    process('/usr/bin/dbus-daemon', ['--config-file=/run/libvirt/qemu/dbus/1-vm-dbus.conf']),
  ]
  const found = census([vm, stranger, ...helpers]).helpers
  assert.deepEqual(
    found.map(({ kind }) => kind),
    ['swtpm', 'passt', 'nbdkit', 'virtiofsd', 'slirp', 'dbus'],
  )
  for (const helper of found) assert.deepEqual(helper.guests, [UUID], helper.kind)
})

test('a helper that cannot be tied may be anybody’s', () => {
  const found = census([qemu(UUID, 'a'), qemu(OTHER, 'b'), process('/usr/lib/qemu/virtiofsd', ['--fd=31'])])
  assert.deepEqual(
    found.helpers.map(({ kind, guests }) => [kind, guests]),
    [['virtiofsd', []]],
  )
})

test('a name that only begins like the guest’s ties nothing', () => {
  const vm = qemu(UUID, 'vm', {}, ['-object', '{"file":"/var/lib/libvirt/qemu/domain-1-vm/k"}'])
  const swtpm = process('/usr/bin/swtpm', ['--ctrl', 'path=/run/libvirt/qemu/swtpm/1-vmware-swtpm.sock'])
  assert.deepEqual(census([vm, qemu(OTHER, 'vmware'), swtpm]).helpers[0]?.guests, [])
})

test('a process that holds a socket which a guest names is its helper, whatever it is called', () => {
  const vm = qemu(UUID, 'vm', {}, ['-chardev', 'socket,id=c,path=/run/backend/a.sock'])
  const backend = process('/opt/vendor/backend', ['--config', '/etc/backend.json'])
  const found = (sockets: readonly string[], more: Partial<CensusSources> = {}) =>
    census([vm, qemu(OTHER, 'other'), backend], { looks: [look(backend, { sockets })], ...more }).helpers
  assert.deepEqual(
    found(['/run/backend/a.sock', '/run/other']).map(({ kind, name, guests }) => [kind, name, guests]),
    [['peer', 'backend', [UUID]]],
  )
  assert.deepEqual(found(['/run/backend/b.sock']), [])
  // A disk that was attached later stands in libvirt's file alone.
  const xml = "<host transport='unix' socket='/run/backend/b.sock'/>"
  const statusFiles = [statusFile(UUID, vm.pid, { xml })]
  assert.deepEqual(
    found(['/run/backend/b.sock'], { statusFiles }).map(({ kind, guests }) => [kind, guests]),
    [['peer', [UUID]]],
  )
  const libvirtd = process('/usr/sbin/libvirtd', [])
  const looks = [look(libvirtd, { sockets: ['/run/backend/a.sock'] })]
  assert.deepEqual(census([vm, libvirtd], { looks }).helpers, [], 'libvirt itself is what is replaced')
})

test('a process in a guest’s own cgroup is its helper, whatever it is called', () => {
  const cgroups = [
    { hierarchy: 0, controllers: [], path: '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt' },
  ]
  const [helper, ...others] = census([
    qemu(UUID, 'vm', { cgroups }),
    process('/opt/x', [], { cgroups }),
  ]).helpers
  assert.deepEqual([helper?.kind, helper?.guests, others], ['companion', [UUID], []])
})

test('helpers are known under the names that NixOS gives them, and where their file was replaced', () => {
  for (const exe of ['/nix/store/a/bin/.swtpm-wrapped', '/usr/bin/swtpm (deleted)'])
    assert.equal(census([qemu(UUID, 'vm'), process(exe, ['socket'])]).helpers[0]?.kind, 'swtpm', exe)
})

test('backends of disks, of vhost-user devices and of metadata are helpers of whom they serve', () => {
  const vhost = qemu(UUID, 'vm', {}, [
    '-netdev',
    'vhost-user,chardev=c',
    '-chardev',
    'socket,id=c,path=/run/q.sock',
  ])
  const kinds = (...processes: readonly Process[]) =>
    census([vhost, qemu(OTHER, 'other'), ...processes]).helpers.map(({ kind, guests }) => [kind, guests])
  assert.deepEqual(kinds(process('/usr/sbin/ovs-vswitchd', ['--dpdk'])), [['vhost-user', [UUID]]])
  assert.deepEqual(kinds(process('/usr/libexec/vhost-user-gpu', [])), [['vhost-user', [UUID]]])
  assert.deepEqual(
    census([qemu(OTHER, 'other'), process('/usr/sbin/ovs-vswitchd', [])]).helpers,
    [],
    'no guest depends on the process of a switch in the kernel',
  )
  assert.deepEqual(kinds(process('/usr/bin/qemu-pr-helper', ['-k', '/run/q.sock'])), [
    ['qemu-pr-helper', [UUID]],
  ])
  assert.deepEqual(kinds(process('/usr/bin/qemu-nbd', ['-k', '/elsewhere'])), [['qemu-nbd', []]])
  assert.deepEqual(kinds(process('/usr/bin/slirp4netns', ['1'])), [])
  assert.deepEqual(
    kinds(
      process('/usr/sbin/haproxy', ['-f', '/var/lib/neutron/ns-metadata-proxy/a.conf']),
      process('/usr/sbin/haproxy', ['-f', '/etc/haproxy/web.cfg']),
    ),
    [['haproxy', []]],
  )
})

test('dnsmasq is a helper where it serves the networks of guests', () => {
  const guests = [qemu(UUID, 'a')]
  for (const argument of [
    '--conf-file=/var/lib/libvirt/dnsmasq/default.conf',
    '--pid-file=/var/lib/neutron/dhcp/0a/pid',
    '--pid-file=/var/lib/nova/networks/nova-br100.pid',
    '--dhcp-script=/usr/bin/nova-dhcpbridge',
  ]) {
    const found = census([...guests, process('/usr/sbin/dnsmasq', [argument])]).helpers
    assert.deepEqual(
      found.map(({ kind, guests: served }) => [kind, served]),
      [['dnsmasq', []]],
      argument,
    )
  }
  assert.deepEqual(census([...guests, process('/usr/sbin/dnsmasq', ['-C', '/etc/dnsmasq.conf'])]).helpers, [])
})

test('where no guest runs, nothing is needed but what the release declares', () => {
  const table = [
    process('/usr/bin/swtpm', ['socket']),
    process('/usr/sbin/virtlockd', []),
    process('/usr/bin/haproxy', ['-f', '/var/lib/neutron/ns-metadata-proxy/x.conf']),
  ]
  const declared = [{ exe: 'haproxy', argv: ['ns-metadata-proxy', '-f'] }]
  assert.deepEqual(
    census(table, { declared }).helpers.map(({ kind, name }) => [kind, name]),
    [['declared', 'haproxy']],
  )
  assert.deepEqual(census(table, { declared: [{ exe: 'haproxy', argv: ['other'] }] }).helpers, [])
})

test('a QEMU that libvirt did not start is a virtual machine of its own where it runs from a container', () => {
  const plain = process('/usr/bin/qemu-system-x86_64', ['-name', 'mine', '-m', '64'], {
    rootUpperDir: '/up/a',
  })
  const containers = [container('a', '/up/a')]
  const { guests, helpers } = census([plain], { containers })
  assert.deepEqual(guests, [])
  assert.deepEqual(
    helpers.map(({ kind, ownerContainer }) => [kind, ownerContainer]),
    [['machine', 'a']],
  )
  assert.deepEqual(census([{ ...plain, rootUpperDir: '/elsewhere' }], { containers }).helpers, [])
})

const look = (of: Process, more: Partial<CloserLook> = {}): CloserLook => ({
  pid: of.pid,
  startTicks: of.startTicks,
  content: 'other',
  sizeBytes: 2 ** 30,
  opens: [],
  ...more,
})

test('a guest is one under whatever name its emulator runs, by its command line alone', () => {
  for (const exe of [
    '/nix/store/abc-qemu-8.1/bin/.qemu-system-x86_64-wrapped',
    '/usr/bin/kvm-spice',
    '/usr/libexec/qemu-kvm-ev',
    '/opt/vendor/hv',
    '/usr/bin/qemu-system-x86_64 (deleted)',
    '',
  ]) {
    const vm = { ...qemu(UUID, 'vm'), exe }
    const [guest] = census([vm]).guests
    assert.equal(guest?.name, 'vm', exe)
    assert.ok(guest?.witnesses?.includes('commandLine'), exe)
  }
})

test('a process is the guest that libvirt’s status file says it is, whatever its name and arguments', () => {
  const renamed = process('/opt/vendor/hv', ['--title', 'rewritten by itself'])
  const { guests, stale } = census([renamed], { statusFiles: [statusFile(UUID, renamed.pid)] })
  assert.deepEqual(
    guests.map(({ uuid, name, witnesses }) => [uuid, name, witnesses]),
    [[UUID, 'vm', ['statusFile']]],
  )
  assert.deepEqual(stale, [], 'a live guest is not said to be gone')
})

test('a pid that another guest’s process has by now is not the guest of the status file', () => {
  const other = qemu(OTHER, 'other')
  const { guests, stale } = census([other], { statusFiles: [statusFile(UUID, other.pid)] })
  assert.deepEqual(
    guests.map(({ uuid }) => uuid),
    [OTHER],
  )
  assert.deepEqual(stale, ['vm'])
})

test('what the executable holds, an open machine of KVM and machined each make a virtual machine', () => {
  const vmm = process('/opt/vendor/hv', ['--config', '/etc/hv.json'])
  const kinds = (more: Partial<CensusSources>) => census([vmm], more).helpers.map(({ kind }) => kind)
  assert.deepEqual(kinds({ looks: [look(vmm)] }), [])
  assert.deepEqual(kinds({ looks: [look(vmm, { content: 'emulator' })] }), ['machine'])
  const opens = [{ kind: 'virtualMachine', path: 'anon_inode:kvm-vm' }] as const
  assert.deepEqual(kinds({ looks: [look(vmm, { opens })] }), ['machine'])
  assert.deepEqual(kinds({ looks: [look(vmm)], machineLeaders: [vmm.pid] }), ['machine'])
  const reused = { ...look(vmm, { content: 'emulator' }), startTicks: 1 }
  assert.deepEqual(kinds({ looks: [reused] }), [], 'a look at an earlier process of this pid says nothing')
})

test('a capability probe is no guest though it holds a machine of KVM', () => {
  const probe = process('/usr/bin/kvm-spice', [
    '-S',
    '-machine',
    'none,accel=kvm:tcg',
    '-nodefaults',
    '-daemonize',
  ])
  const opens = [{ kind: 'virtualMachine', path: 'anon_inode:kvm-vm' }] as const
  const looks = [look(probe, { content: 'emulator', opens })]
  assert.deepEqual(census([probe], { looks }), { guests: [], helpers: [], stale: [] })
})

test('the machine is the one of the scope that systemd keeps it in', () => {
  const path = '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator'
  assert.equal(
    census([qemu(UUID, 'vm', { cgroups: [{ hierarchy: 0, controllers: [], path }] })]).guests[0]?.machine,
    'qemu-1-vm',
  )
  const v1 = [{ hierarchy: 4, controllers: ['memory'], path }]
  assert.equal(census([qemu(UUID, 'vm', { cgroups: v1 })]).guests[0]?.machine, undefined)
})

test('a circle of parents, as a reading in the middle of changes may show, ends', () => {
  const a = process('/usr/bin/swtpm', ['socket'])
  const b = process('/bin/sh', [], { ppid: a.pid })
  assert.equal(census([qemu(UUID, 'vm'), { ...a, ppid: b.pid }, b]).helpers.length, 1)
})
