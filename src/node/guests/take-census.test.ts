import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { Census } from './census.ts'
import type { Process } from '../process.ts'
import type { StatusFile } from './status-file.ts'
import { takeCensus } from './take-census.ts'
import type { CensusSources } from './take-census.ts'
import { OTHER, UUID, census, container, look, process, qemu, statusFile } from '../testing/processes.ts'

// Readings of real machines: fixtures/census/INDEX.md.
const directory = new URL('fixtures/census/', import.meta.url)
for (const name of readdirSync(directory).filter((file) => file.endsWith('.json'))) {
  const { expected, ...recorded } = JSON.parse(readFileSync(new URL(name, directory), 'utf8'))
  test(`the census of a recorded machine is right: ${name} (${recorded.source.slice(0, 70)}…)`, () => {
    const taken = takeCensus({ ...recorded, declared: [] })
    assert.deepEqual(summary(taken), expected)
    // Without libvirt's files everyone is still there, with the same names.
    const alone = takeCensus({ ...recorded, statusFiles: [], declared: [] })
    assert.deepEqual(
      alone.guests.map(({ uuid, name: guest }) => [uuid, guest]),
      taken.guests.map(({ uuid, name: guest }) => [uuid, guest]),
    )
    assert.deepEqual(
      alone.guests.map(({ domainId }) => domainId),
      taken.guests.map(({ domainId }) => domainId),
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

test('console logs have the paths of the host', () => {
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

test('a console goes through virtlogd if the status file says so, or else if QEMU’s own output is a pipe', () => {
  const fdset = ['-chardev', 'pty,id=charserial0,logfile=/dev/fdset/0']
  const backend = (vm: Process, statusFiles: readonly StatusFile[] = []) =>
    census([vm], { statusFiles }).guests[0]?.consoleBackend
  assert.equal(backend(qemu(UUID, 'vm', { stdout: 'pipe:[7]' }, fdset)), 'logd')
  assert.equal(backend(qemu(UUID, 'vm', { stdout: '/var/log/libvirt/qemu/vm.log' }, fdset)), 'file')
  const vm = qemu(UUID, 'vm', { stdout: 'pipe:[7]' }, fdset)
  assert.equal(backend(vm, [statusFile(UUID, vm.pid, { stdioLogd: false, consoleLogs: ['/x'] })]), 'file')
  assert.equal(backend(qemu(UUID, 'vm', { stdout: 'pipe:[7]' })), 'none')
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

test('where the guest’s libvirt has a pid namespace of its own, its file names no process of the host', () => {
  const namespaces = { pid: 99, mnt: 2, net: 3, cgroup: 4, ipc: 5 }
  const vm = qemu(UUID, 'vm', { namespaces })
  const bystander = process('/usr/sbin/cron', [])
  const { guests, stale } = census([vm, bystander], { statusFiles: [statusFile(UUID, bystander.pid)] })
  assert.deepEqual(
    guests.map(({ identity }) => identity.pid),
    [vm.pid],
  )
  assert.deepEqual(stale, [])
})

test('what the executable holds, an open machine of KVM, a monitor and machined each make a virtual machine', () => {
  const vmm = process('/opt/vendor/hv', ['--config', '/etc/hv.json'])
  const kinds = (more: Partial<CensusSources>) => census([vmm], more).helpers.map(({ kind }) => kind)
  assert.deepEqual(kinds({ looks: [look(vmm)] }), [])
  assert.deepEqual(kinds({ looks: [look(vmm, { content: 'emulator' })] }), ['machine'])
  const opens = [{ kind: 'virtualMachine', path: 'anon_inode:kvm-vm' }] as const
  assert.deepEqual(kinds({ looks: [look(vmm, { opens })] }), ['machine'])
  const sockets = ['/var/lib/libvirt/qemu/domain-1-vm/monitor.sock']
  assert.deepEqual(kinds({ looks: [look(vmm, { sockets })] }), ['machine'])
  assert.deepEqual(kinds({ looks: [look(vmm)], machineLeaders: [vmm.pid] }), ['machine'])
  const libvirtd = process('/usr/sbin/libvirtd', [])
  assert.deepEqual(census([libvirtd], { looks: [look(libvirtd, { sockets })] }).helpers, [])
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
