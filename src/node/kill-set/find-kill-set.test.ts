import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Census } from '../guests/index.ts'
import type { Container, EngineFacts } from '../container.ts'
import { findEndangered, findKillSet } from './find-kill-set.ts'
import type { CgroupLayout, CgroupLine, Process, ProcessTable } from '../process.ts'

const ID = 'a1'.repeat(32)
const INIT = 100
const QEMU = 200

const docker: EngineFacts = {
  kind: 'docker',
  version: '20.10.24',
  cgroupDriver: 'cgroupfs',
  stopsContainersWithDaemon: true,
  hasShim: true,
  deletesLeftoversAtStart: true,
  changesRestartPolicy: true,
  passesZeroTaskLimit: false,
  storageDir: '/var/lib/docker',
  startsAtBoot: true,
}

const libvirt: Container = {
  id: ID,
  name: 'libvirt',
  status: 'running',
  pid: INIT,
  exitCode: undefined,
  startedAt: '2026-01-01T00:00:00Z',
  imageId: 'sha256:1',
  image: 'nova-libvirt',
  labels: {},
  runtime: 'runc',
  runtimeFamily: 'runc',
  runtimeVersion: '1.1.5',
  privileged: true,
  pidMode: 'host',
  cgroupnsMode: 'host',
  networkMode: 'host',
  mounts: [],
  environmentNames: [],
  restartPolicy: 'no',
  cgroupPaths: undefined,
  health: 'none',
  rootUpperDir: undefined,
  entrypoint: [],
  command: [],
  stopSignal: 'SIGTERM',
}

function v1(paths: Readonly<Record<string, string>>): CgroupLine[] {
  return Object.entries(paths).map(([controller, path], index) => ({
    hierarchy: controller === '' ? 0 : index + 1,
    controllers: controller === '' ? [] : [controller],
    path,
  }))
}

function process(
  pid: number,
  name: string,
  cgroups: readonly CgroupLine[],
  more: Partial<Process> = {},
): Process {
  return {
    pid,
    startTicks: pid * 7,
    ppid: 1,
    name,
    exe: `/usr/bin/${name}`,
    exeInode: '1:1',
    argv: [name],
    uid: 0,
    namespaces: { pid: 1, mnt: 1, net: 1, cgroup: 1, ipc: 1 },
    cgroups,
    ...more,
  }
}

function table(layout: CgroupLayout, ...processes: Process[]): ProcessTable {
  return { layout, hostPidNamespace: 1, processes }
}

function pids(...args: Parameters<typeof findKillSet>): number[] {
  return findKillSet(...args).doomed.map((one) => one.pid)
}

const OWN = v1({
  devices: `/docker/${ID}`,
  memory: `/docker/${ID}`,
  'name=systemd': `/docker/${ID}`,
  freezer: `/docker/${ID}`,
})

test('runc on v1 kills by the devices hierarchy alone', () => {
  const inside = process(QEMU, 'qemu', v1({ devices: `/docker/${ID}`, memory: '/machine/vm' }))
  const outside = process(
    QEMU + 1,
    'qemu',
    v1({ devices: '/machine/vm', memory: `/docker/${ID}`, freezer: `/docker/${ID}` }),
  )
  assert.deepEqual(
    pids(libvirt, table('legacy', process(INIT, 'libvirtd', OWN), inside, outside), docker, 'stop'),
    [INIT, QEMU],
  )
})

test('runc on v1 kills recursively', () => {
  const nested = process(
    QEMU,
    'qemu',
    v1({ devices: `/docker/${ID}/machine/qemu-1-vm.libvirt-qemu/emulator` }),
  )
  assert.deepEqual(pids(libvirt, table('legacy', process(INIT, 'libvirtd', OWN), nested), docker, 'stop'), [
    INIT,
    QEMU,
  ])
})

test('one thread in the container’s group is enough for the end of the whole process', () => {
  const away = v1({ devices: '/machine/vm', 'name=systemd': '/machine/vm' })
  const threads = v1({ devices: `/docker/${ID}` })
  const qemu = process(QEMU, 'qemu', away, { threadCgroups: threads })
  const host = table('legacy', process(INIT, 'libvirtd', OWN), qemu, process(QEMU + 1, 'qemu', away))
  const { doomed } = findKillSet(libvirt, host, docker, 'stop')
  assert.deepEqual(
    doomed.map(({ pid }) => pid),
    [INIT, QEMU],
  )
  assert.equal(doomed[1]?.evidence, `devices:/docker/${ID}`)
})

test('the first process is found by the recorded path when it moved itself away', () => {
  const moved = process(INIT, 'libvirtd', v1({ devices: '/' }))
  const left = process(QEMU, 'qemu', v1({ devices: '/custom/place/vm' }))
  const recorded = { ...libvirt, cgroupPaths: { devices: '/custom/place' } }
  assert.deepEqual(pids(recorded, table('legacy', moved, left), docker, 'stop'), [INIT, QEMU])
})

test('in a hybrid layout runc 1.2 kills by the unified hierarchy, runc 1.1 does not', () => {
  const qemu = process(QEMU, 'qemu', v1({ devices: '/machine/vm', '': `/docker/${ID}` }))
  const hybrid = table('hybrid', process(INIT, 'libvirtd', OWN), qemu)
  assert.deepEqual(pids(libvirt, hybrid, docker, 'stop'), [INIT])
  assert.deepEqual(pids({ ...libvirt, runtimeVersion: '1.2.9' }, hybrid, docker, 'stop'), [INIT, QEMU])
  assert.deepEqual(pids({ ...libvirt, runtimeVersion: undefined }, hybrid, docker, 'stop'), [INIT, QEMU])
})

test('on an untested version, every process that shares a cgroup with the container counts', () => {
  const qemu = process(QEMU, 'qemu', v1({ pids: `/docker/${ID}` }))
  const hybrid = table('hybrid', process(INIT, 'libvirtd', OWN), qemu)
  assert.deepEqual(pids(libvirt, hybrid, docker, 'stop'), [INIT])
  assert.deepEqual(pids({ ...libvirt, runtimeVersion: '9.0.0' }, hybrid, docker, 'stop'), [INIT, QEMU])
  assert.deepEqual(pids(libvirt, hybrid, { ...docker, version: '99.0.0' }, 'stop'), [INIT, QEMU])
})

test('crun on v1 kills by the memory hierarchy', () => {
  const crun = { ...libvirt, runtime: 'crun', runtimeFamily: 'crun', runtimeVersion: '1.8.1' } as const
  const byMemory = process(QEMU, 'qemu', v1({ devices: '/machine/vm', memory: `/docker/${ID}` }))
  const byDevices = process(QEMU + 1, 'qemu', v1({ devices: `/docker/${ID}`, memory: '/machine/vm' }))
  assert.deepEqual(
    pids(crun, table('legacy', process(INIT, 'libvirtd', OWN), byMemory, byDevices), docker, 'stop'),
    [INIT, QEMU],
  )
})

test('crun kills by cgroup also where the container has a pid namespace of its own, runc does not', () => {
  const joined = process(QEMU, 'qemu', v1({ '': `/system.slice/docker-${ID}.scope/joined` }))
  const host = table('unified', joined)
  const own = { ...libvirt, pidMode: 'private' } as const
  assert.deepEqual(pids(own, host, docker, 'stop'), [])
  const crun = { ...own, runtimeFamily: 'crun', runtimeVersion: '1.8.1' } as const
  for (const cause of ['stop', 'remove', 'kill', 'shimKilled'] as const)
    assert.deepEqual(pids(crun, host, docker, cause), [QEMU], cause)
})

test('v2 kills the whole subtree', () => {
  const inside = process(QEMU, 'qemu', v1({ '': `/system.slice/docker-${ID}.scope/machine/vm` }))
  const outside = process(
    QEMU + 1,
    'qemu',
    v1({ '': '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt/emulator' }),
  )
  const init = process(INIT, 'libvirtd', v1({ '': `/system.slice/docker-${ID}.scope` }))
  const found = findKillSet(libvirt, table('unified', init, inside, outside), docker, 'stop')
  assert.deepEqual(
    found.doomed.map((one) => [one.pid, one.mechanisms]),
    [
      [INIT, ['mainProcess', 'cgroupV2Kill']],
      [QEMU, ['cgroupV2Kill']],
    ],
  )
})

test('the systemd driver ends what is in the scope, also where the devices hierarchy is left', () => {
  const qemu = process(
    QEMU,
    'qemu',
    v1({ devices: '/machine/vm', 'name=systemd': `/system.slice/docker-${ID}.scope` }),
  )
  const legacy = table('legacy', process(INIT, 'libvirtd', OWN), qemu)
  assert.deepEqual(pids(libvirt, legacy, docker, 'stop'), [INIT])
  assert.deepEqual(pids(libvirt, legacy, { ...docker, cgroupDriver: 'systemd' }, 'stop'), [INIT, QEMU])
})

test('a private pid namespace takes its members and their descendants, whatever their cgroups are', () => {
  const own = { pid: 77, mnt: 1, net: 1, cgroup: 1, ipc: 1 }
  const init = process(INIT, 'libvirtd', OWN, { namespaces: own })
  const member = process(QEMU, 'qemu', v1({ devices: '/' }), { namespaces: own })
  const nested = process(QEMU + 1, 'nested', v1({ devices: '/' }), {
    namespaces: { ...own, pid: 88 },
    ppid: QEMU,
  })
  const other = process(QEMU + 2, 'other', v1({ devices: '/' }))
  const found = findKillSet(
    { ...libvirt, pidMode: 'private' },
    table('legacy', init, member, nested, other),
    docker,
    'stop',
  )
  assert.deepEqual(
    found.doomed.map((one) => one.pid),
    [INIT, QEMU, QEMU + 1],
  )
})

test('an unknown runtime counts as killing by every hierarchy', () => {
  const youki = { ...libvirt, runtime: 'youki', runtimeFamily: 'unknown' } as const
  const qemu = process(QEMU, 'qemu', v1({ devices: '/machine/vm', freezer: `/docker/${ID}` }))
  assert.deepEqual(pids(youki, table('legacy', process(INIT, 'libvirtd', OWN), qemu), docker, 'stop'), [
    INIT,
    QEMU,
  ])
})

test('without a record and without the id, a process in the cgroup of the first process is inside', () => {
  const split = v1({ '': '/system.slice/libvirt.service/libpod-payload' })
  const qemu = process(QEMU, 'qemu', v1({ '': '/system.slice/libvirt.service/libpod-payload/machine/vm' }))
  const other = process(QEMU + 1, 'qemu', v1({ '': '/system.slice/other.service' }))
  assert.deepEqual(
    pids(libvirt, table('unified', process(INIT, 'libvirtd', split), qemu, other), docker, 'stop'),
    [INIT, QEMU],
  )
})

test('a stopped daemon reaches its containers only without live-restore, a killed shim always', () => {
  const legacy = table('legacy', process(INIT, 'libvirtd', OWN))
  assert.deepEqual(pids(libvirt, legacy, docker, 'engineStopped'), [INIT])
  assert.deepEqual(
    pids(libvirt, legacy, { ...docker, stopsContainersWithDaemon: false }, 'engineStopped'),
    [],
  )
  assert.deepEqual(pids(libvirt, legacy, docker, 'shimKilled'), [INIT])
  assert.deepEqual(pids(libvirt, legacy, { ...docker, hasShim: false }, 'shimKilled'), [])
})

// runc 1.3.6 on hybrid: the stop wrote cgroup.kill, which missed the guest; the next delete signals `devices`.
const stopped = { ...libvirt, status: 'exited', pid: 0 } as const

test('a guest left in the cgroup of a container that has stopped counts', () => {
  const qemu = process(
    QEMU,
    'qemu',
    v1({ devices: `/docker/${ID}`, pids: `/docker/${ID}`, '': '/machine/vm' }),
  )
  for (const status of ['created', 'exited', 'dead'] as const) {
    for (const cause of ['stop', 'remove', 'kill', 'engineStopped'] as const) {
      const found = findKillSet({ ...stopped, status }, table('hybrid', qemu), docker, cause)
      assert.deepEqual(
        found.doomed.map((one) => [one.pid, one.mechanisms]),
        [[QEMU, ['leftBehind', 'cgroupV1Devices']]],
        `${status}, ${cause}`,
      )
    }
  }
})

test('a guest left behind counts where live-restore is on: it saves running containers only', () => {
  const qemu = process(QEMU, 'qemu', v1({ devices: `/docker/${ID}` }))
  const engine = { ...docker, stopsContainersWithDaemon: false }
  assert.deepEqual(pids(stopped, table('hybrid', qemu), engine, 'engineStopped'), [QEMU])
})

test('a guest left in a hierarchy that the runtime does not kill by is safe', () => {
  const qemu = process(QEMU, 'qemu', v1({ devices: '/machine/vm', pids: `/docker/${ID}`, '': '/machine/vm' }))
  assert.deepEqual(pids(stopped, table('hybrid', qemu), docker, 'stop'), [])
  const youki = { ...stopped, runtime: 'youki', runtimeFamily: 'unknown' } as const
  assert.deepEqual(pids(youki, table('hybrid', qemu), docker, 'stop'), [QEMU])
})

test('a stopped container is known by where its engine puts it, whatever the parent', () => {
  const place = (path: string, changes: Partial<Container> = {}, kind: EngineFacts['kind'] = 'docker') =>
    pids(
      { ...stopped, ...changes },
      table('hybrid', process(QEMU, 'qemu', v1({ devices: path }))),
      { ...docker, kind },
      'stop',
    )
  for (const path of [
    `/docker/${ID}`,
    `/system.slice/docker-${ID}.scope`,
    `/machine.slice/libpod-${ID}.scope/container`,
    `/libpod_parent/libpod-${ID}`,
    `/tenants/nova/${ID}/machine/vm`,
  ]) {
    assert.deepEqual(place(path, {}, 'podman'), [QEMU], path)
  }
  const split = { engineCgroup: '/system.slice/nova.service/libpod-payload' }
  assert.deepEqual(place('/system.slice/nova.service/libpod-payload/vm', split, 'podman'), [QEMU])
  assert.deepEqual(place('/system.slice/nova.service', split, 'podman'), [])
  assert.deepEqual(place('/docker/another'), [])
})

test('nobody is left in a container that has stopped as a whole', () => {
  const qemu = process(QEMU, 'qemu', v1({ devices: '/machine/vm', '': '/machine/vm' }))
  assert.deepEqual(pids(stopped, table('hybrid', qemu), docker, 'stop'), [])
})

test('a guest is endangered only if pid and start time both match', () => {
  const qemu = process(QEMU, 'qemu', OWN)
  const killSet = findKillSet(libvirt, table('legacy', process(INIT, 'libvirtd', OWN), qemu), docker, 'stop')
  const census = (startTicks: number): Census => ({
    guests: [
      {
        uuid: 'u',
        name: 'vm',
        emulator: '/usr/bin/qemu',
        consoleLogs: [],
        consoleBackend: 'none',
        identity: { pid: QEMU, startTicks, exeInode: '1:1', namespaces: undefined, cgroups: [] },
      },
    ],
    helpers: [],
    stale: [],
  })
  assert.deepEqual(
    findEndangered(census(QEMU * 7), [killSet]).map((one) => [one.name, one.rescuable]),
    [['vm', true]],
  )
  assert.deepEqual(findEndangered(census(QEMU * 7 + 1), [killSet]), [])
})

test('systemd’s stop of a host’s own libvirtd ends that alone; one that reaches its cgroup ends what is there', () => {
  const unit = 'libvirtd.service'
  const inUnit = v1({ devices: `/system.slice/${unit}` })
  const seen = table('hybrid', process(INIT, 'libvirtd', inUnit), process(QEMU, 'qemu-system-x86', inUnit))
  const host: Container = { ...libvirt, id: `systemd:${unit}`, runtimeFamily: 'unknown', hostUnit: { unit } }
  const doomed = (container: Container): readonly number[] =>
    findKillSet(container, seen, docker, 'stop').doomed.map(({ pid }) => pid)
  assert.deepEqual(doomed(host), [INIT])
  assert.deepEqual(doomed({ ...host, hostUnit: { unit, obstacle: 'KillMode=control-group' } }), [INIT, QEMU])
})

test('what `podman exec` has started ends when the container is removed, wherever it is, and cannot be moved from that', () => {
  const conmon = process(300, 'conmon', [], {
    argv: ['/usr/bin/conmon', '--api-version', '1', '-c', ID, '-u', 'b2', '-e', '--exec-process-spec', '/x'],
  })
  const started = process(301, 'virtlogd', v1({ memory: '/machine/vm' }), { ppid: 300 })
  const others = [
    process(302, 'sh', v1({ memory: '/machine/vm' }), { ppid: 301 }),
    process(303, 'conmon', [], { argv: ['/usr/bin/conmon', '-c', ID] }),
    process(304, 'libvirtd', v1({ memory: '/machine/vm' }), { ppid: 303 }),
  ]
  const of = (cause: 'stop' | 'remove') =>
    findKillSet(libvirt, table('legacy', conmon, started, ...others), docker, cause)
  assert.deepEqual(
    of('remove').doomed.map(({ pid, mechanisms }) => [pid, mechanisms]),
    [[301, ['execSession']]],
  )
  assert.deepEqual(of('stop').doomed, [])
})

test('crun on v1 also kills what is in a group below that of the container, in any hierarchy', () => {
  const crun: Container = { ...libvirt, runtimeFamily: 'crun', runtimeVersion: '1.8.1' }
  const scope = `/machine.slice/libpod-${ID}.scope`
  const below = process(QEMU, 'qemu', v1({ memory: '/', blkio: `${scope}/container` }))
  const itself = process(QEMU + 1, 'qemu', v1({ memory: '/', blkio: `/libpod_parent/libpod-${ID}` }))
  const of = (layout: CgroupLayout, container = crun) =>
    findKillSet(container, table(layout, below, itself), docker, 'stop').doomed.map(({ pid, mechanisms }) => [
      pid,
      mechanisms,
    ])
  assert.deepEqual(of('hybrid'), [[QEMU, ['cgroupV1Below']]])
  assert.deepEqual(of('legacy', { ...crun, pidMode: 'private' }), [[QEMU, ['cgroupV1Below']]])
  assert.deepEqual(of('hybrid', libvirt), [])
  // crun makes no group in name=systemd with the driver cgroupfs: all of a host may be in that of its first process.
  const init = process(INIT, 'libvirtd', v1({ 'name=systemd': '/host', memory: `/libpod-${ID}` }))
  const beside = process(QEMU, 'qemu', v1({ 'name=systemd': '/host', memory: '/' }))
  assert.deepEqual(pids(crun, table('legacy', init, beside), docker, 'stop'), [INIT])
})
