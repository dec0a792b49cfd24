import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CloserLook, OpenFile, StatusFile } from '../guests/index.ts'
import { findDissent } from './find-dissent.ts'
import type { KillSet, Mechanism } from '../kill-set/index.ts'
import type { Process } from '../process.ts'
import { takeCensus } from '../guests/index.ts'

const UUID = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001'

type World = Readonly<{
  processes?: readonly Process[]
  files?: readonly Readonly<{ pid: number; uuid?: string }>[]
  looks?: readonly (Partial<CloserLook> & Readonly<{ pid: number }>)[]
  doomed?: readonly number[]
  mechanism?: Mechanism
  /** State of the guest by libvirt's list; `silent`: libvirt does not answer; undefined: not in its list. */
  state?: string
}>

/** `CODE subject` of each disagreement; all of them refuse and say what to do. */
function dissent({
  processes = [],
  files = [],
  looks = [],
  doomed = [],
  mechanism = 'cgroupV1Devices',
  state,
}: World) {
  const table = { layout: 'unified', hostPidNamespace: 1, processes } as const
  const statusFiles = files.map(
    ({ pid, uuid = UUID }) => ({ name: 'vm', uuid, pid, consoleLogs: [] }) as unknown as StatusFile,
  )
  const closer = looks.map((look): CloserLook => ({
    startTicks: look.pid * 10,
    content: 'other',
    sizeBytes: 2 ** 30,
    opens: [],
    ...look,
  }))
  const killSet: KillSet = {
    containerId: 'c',
    containerName: 'libvirt',
    cause: 'stop',
    doomed: doomed.map((pid) => ({
      pid,
      startTicks: pid * 10,
      name: 'x',
      mechanisms: [mechanism],
      evidence: '',
    })),
  }
  const domains =
    state === 'silent' ? undefined : state === undefined ? [] : [{ uuid: UUID, name: 'vm', state }]
  const census = takeCensus({ table, statusFiles, looks: closer, containers: [], declared: [] })
  const findings = findDissent({ census, table, statusFiles, looks: closer, killSets: [killSet], domains })
  for (const { severity, remedy, evidence } of findings) {
    assert.equal(severity, 'refuse')
    assert.ok(remedy.length > 0 && evidence.length > 0)
  }
  return findings.map(({ code, subject }) => `${code} ${subject}`)
}

function process(
  pid: number,
  exe: string,
  argv: readonly string[] = [],
  more: Partial<Process> = {},
): Process {
  return {
    pid,
    startTicks: pid * 10,
    ppid: 1,
    name: '',
    exe,
    exeInode: '1:1',
    argv: [exe, ...argv],
    uid: 0,
    namespaces: { pid: 1, mnt: 2, net: 3, cgroup: 4, ipc: 5 },
    cgroups: [],
    ...more,
  }
}

const key = (directory: string) => ['-object', `{"file":"${directory}/domain-1-vm/master-key.aes"}`]
const vm = (pid: number, more: Partial<Process> = {}, directory = '/var/lib/libvirt/qemu') =>
  process(pid, '/usr/bin/kvm-spice', ['-name', 'guest=vm', '-uuid', UUID, ...key(directory)], more)

test('a guest is undisputed if libvirt, its status file and its process agree', () => {
  for (const state of ['running', 'paused', 'silent'])
    assert.deepEqual(dissent({ processes: [vm(7)], files: [{ pid: 7 }], state, doomed: [7] }), [])
  assert.deepEqual(dissent({ state: 'shutoff' }), [])
  assert.deepEqual(
    dissent({ files: [{ pid: 7 }], state: 'shutoff' }),
    [],
    'a file that libvirt has yet to clear',
  )
})

test('a guest that runs by libvirt’s word and has no process stops the upgrade', () => {
  assert.deepEqual(dissent({ files: [{ pid: 7 }], state: 'running' }), ['GUEST_WITHOUT_PROCESS vm'])
  assert.deepEqual(dissent({ state: 'paused' }), ['GUEST_WITHOUT_PROCESS vm'])
})

test('a status file that names another program stops the upgrade, and that program is not ended meanwhile', () => {
  const other = process(7, '/usr/bin/sleep', ['60'])
  const files = [{ pid: 7 }]
  assert.deepEqual(dissent({ processes: [other], files, looks: [{ pid: 7 }], state: 'running' }), [
    'GUEST_IS_ANOTHER_PROGRAM vm',
  ])
  assert.deepEqual(
    dissent({ processes: [other], files, looks: [{ pid: 7, content: 'emulator' }], state: 'running' }),
    [],
    'a QEMU that hides its options is the guest',
  )
  assert.deepEqual(
    dissent({ processes: [other, vm(8)], files, looks: [{ pid: 7 }], state: 'running' }),
    ['GUEST_IS_ANOTHER_PROGRAM vm'],
    'that is told once',
  )
})

test('a running guest that libvirt does not list stops the upgrade', () => {
  assert.deepEqual(dissent({ processes: [vm(7)] }), ['GUEST_UNLISTED vm'])
  assert.deepEqual(dissent({ processes: [vm(7)], state: 'shutoff' }), ['GUEST_UNLISTED vm'])
})

test('a guest of another libvirt is listed there; it counts only where it would die', () => {
  const session = vm(7, {}, '/home/a/.config/libvirt/qemu/lib')
  assert.deepEqual(dissent({ processes: [session] }), [])
  assert.deepEqual(dissent({ processes: [session], doomed: [7] }), ['GUEST_UNLISTED vm'])
})

test('a guest of a libvirt in a container of another product is listed there', () => {
  const namespaces = { pid: 99, mnt: 2, net: 3, cgroup: 4, ipc: 5 }
  assert.deepEqual(dissent({ processes: [vm(7, { namespaces })] }), [])
})

test('one guest in two processes stops the upgrade, unless one of them started the other', () => {
  const world = { files: [{ pid: 7 }], state: 'running' }
  assert.deepEqual(dissent({ ...world, processes: [vm(7), vm(8)] }), ['GUEST_RUNS_TWICE vm'])
  assert.deepEqual(dissent({ ...world, processes: [vm(7), vm(8, { ppid: 7 })] }), [])
})

test('a virtual machine that libvirt did not start stops the upgrade where it would die', () => {
  const hv = process(7, '/opt/hv')
  const kvm: OpenFile = { kind: 'virtualMachine', path: 'anon_inode:kvm-vm' }
  const looks = [{ pid: 7, opens: [kvm] }]
  assert.deepEqual(dissent({ processes: [hv], looks, doomed: [7] }), ['MACHINE_UNKNOWN hv'])
  assert.deepEqual(dissent({ processes: [hv], looks: [{ pid: 7, content: 'emulator' }], doomed: [7] }), [
    'MACHINE_UNKNOWN hv',
  ])
  assert.deepEqual(dissent({ processes: [hv], looks }), [])
})

test('a guest of libvirt’s LXC driver stops the upgrade, wherever it lies', () => {
  const lxc = process(7, '/usr/lib/libvirt/libvirt_lxc', ['--name', 'tenant', '--console', '24'])
  assert.deepEqual(dissent({ processes: [lxc] }), ['GUEST_IS_CONTAINER tenant'])
  const unnamed = { ...process(7, '/usr/lib/libvirt/libvirt_lxc', []), name: 'libvirt_lxc' }
  assert.deepEqual(dissent({ processes: [unnamed] }), ['GUEST_IS_CONTAINER libvirt_lxc'])
})

test('a large process with a disk, a tap or /dev/kvm open that nobody knows stops the upgrade where it would die', () => {
  const unknown = process(7, '/opt/storage')
  for (const open of [
    { kind: 'disk', path: '/var/lib/nova/instances/a/disk' },
    { kind: 'tap', path: '/dev/net/tun' },
    { kind: 'kvm', path: '/dev/kvm' },
  ] as const) {
    const looks = [{ pid: 7, opens: [open] }]
    assert.deepEqual(
      dissent({ processes: [unknown], looks, doomed: [7] }),
      ['PROCESS_UNKNOWN storage'],
      open.kind,
    )
    assert.deepEqual(dissent({ processes: [unknown], looks, doomed: [7], mechanism: 'mainProcess' }), [])
    assert.deepEqual(
      dissent({ processes: [unknown], looks: [{ pid: 7, opens: [open], sizeBytes: 4096 }], doomed: [7] }),
      [],
    )
  }
  assert.deepEqual(dissent({ processes: [unknown], looks: [{ pid: 7 }], doomed: [7] }), [])
})
