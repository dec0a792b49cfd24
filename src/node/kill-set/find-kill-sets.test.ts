import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, EngineFacts, PodFacts, StopCause } from '../container.ts'
import { HEALTHY, LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import { findKillSets } from './find-kill-sets.ts'
import { qemu, OTHER, UUID } from '../testing/processes.ts'
import type { CgroupLayout, CgroupLine, Process } from '../process.ts'

const UID = 'f3e2c1d0-0000-4000-8000-000000000001'
const POD = `/kubepods/besteffort/pod${UID}`
const [SANDBOX, FIRST, SECOND] = ['5a'.repeat(32), 'c1'.repeat(32), 'c2'.repeat(32)]

const containerd: EngineFacts = {
  ...HEALTHY.engine,
  kind: 'containerd',
  version: '1.6.20',
  cgroupDriver: 'cgroupfs',
  keptByKubelet: true,
}

const facts: Omit<PodFacts, 'part'> = {
  id: SANDBOX,
  namespace: 'openstack',
  name: 'libvirt',
  uid: UID,
  cgroup: POD,
}
const part = (id: string, pid: number, name: string, more: Partial<Container> = {}): Container => ({
  ...LIBVIRT,
  id,
  pid,
  name,
  pod: { ...facts, part: id === SANDBOX ? 'sandbox' : 'container' },
  ...more,
})
const sandbox = part(SANDBOX, 10, 'openstack/libvirt')
const first = part(FIRST, 11, 'openstack/libvirt/libvirt')
const second = part(SECOND, 12, 'openstack/libvirt/exporter')

const within = (paths: Readonly<Record<string, string>>): CgroupLine[] =>
  Object.entries(paths).map(([controller, path], index) => ({
    hierarchy: controller === '' ? 0 : index + 1,
    controllers: controller === '' ? [] : [controller],
    path,
  }))

const at = (pid: number, id: string): Process =>
  qemu(OTHER, 'x', { pid, cgroups: within({ devices: `${POD}/${id}`, '': `${POD}/${id}` }) })
const guest = (paths: Readonly<Record<string, string>>): Process =>
  qemu(UUID, 'vm', {
    pid: 99,
    cgroups: within({ devices: '/machine/vm', pids: '/machine/vm', '': '/machine/vm', ...paths }),
  })

/** Pids that die with `stopping`, in a pod of two containers. */
function dying(
  stopping: Container,
  cause: StopCause,
  one: Process,
  {
    layout = 'hybrid',
    parts = [sandbox, first, second],
  }: { layout?: CgroupLayout; parts?: Container[] } = {},
): readonly number[] {
  const table = {
    layout,
    hostPidNamespace: 1,
    processes: [at(10, SANDBOX), at(11, FIRST), at(12, SECOND), one],
  }
  const seen = parts.map((each) => ({ ...each, runtimeVersion: '1.1.5' }))
  const mine = seen.find(({ id }) => id === stopping.id) ?? stopping
  return findKillSets([mine], seen, table, containerd, cause).flatMap(({ doomed }) =>
    doomed.map(({ pid }) => pid),
  )
}

test('a container takes its own along, a pod those of all its containers', () => {
  const outside = guest({})
  assert.deepEqual(dying(first, 'stop', outside), [11])
  assert.deepEqual(dying(sandbox, 'stop', outside), [10, 11, 12])
  assert.deepEqual(dying(sandbox, 'stop', guest({ devices: `${POD}/${SECOND}` })), [10, 11, 12, 99])
})

test('a killed shim takes its whole pod along', () => {
  assert.deepEqual(dying(first, 'shimKilled', guest({})), [10, 11, 12])
})

test('a guest below the pod’s cgroup, in any hierarchy, dies when the kubelet removes the pod, and not before', () => {
  for (const hierarchy of ['devices', 'pids', '']) {
    const beside = guest({ [hierarchy]: `${POD}/beside` })
    assert.deepEqual(dying(sandbox, 'stop', beside), [10, 11, 12], hierarchy)
    assert.deepEqual(dying(sandbox, 'podRemoved', beside), [10, 11, 12, 99], hierarchy)
    assert.deepEqual(dying(first, 'podRemoved', beside), [10, 11, 12, 99], hierarchy)
  }
  assert.deepEqual(dying(sandbox, 'podRemoved', guest({ devices: `${POD}0/other` })), [10, 11, 12])
})

test('a pod whose cgroup nobody names is known by its uid, also in a slice', () => {
  const { cgroup: _, ...unnamed } = facts
  const parts = [part(SANDBOX, 10, 'openstack/libvirt', { pod: { ...unnamed, part: 'sandbox' } })]
  const slice = `/kubepods.slice/kubepods-pod${UID.replaceAll('-', '_')}.slice/x`
  for (const pids of [slice, `${POD}/x`]) {
    assert.deepEqual(dying(sandbox, 'podRemoved', guest({ pids }), { parts }), [10, 11, 12, 99], pids)
  }
  const other = guest({ pids: '/kubepods.slice/other.slice' })
  assert.deepEqual(dying(sandbox, 'podRemoved', other, { parts }), [10, 11, 12])
})

test('the driver in the options of a container’s runtime counts, not that of the default runtime', () => {
  const scope = guest({ '': `/kubepods.slice/cri-containerd-${FIRST}.scope/vm` })
  const table = { layout: 'unified' as const, hostPidNamespace: 1, processes: [scope] }
  const mechanisms = (one: Container) =>
    findKillSets([one], [one], table, containerd, 'stop').flatMap(({ doomed }) =>
      doomed.flatMap((each) => each.mechanisms),
    )
  assert.deepEqual(mechanisms(first), ['cgroupV2Kill'])
  assert.deepEqual(mechanisms({ ...first, cgroupDriver: 'systemd' }), ['cgroupV2Kill', 'systemdScope'])
})

test('the sandbox of a shared pid namespace takes every process in it along, its containers do not', () => {
  const own = { pid: 77, mnt: 1, net: 1, cgroup: 1, ipc: 1 }
  const parts = [
    { ...sandbox, pidMode: 'private' as const },
    { ...first, pidMode: 'shared' as const },
  ]
  const table = {
    layout: 'hybrid' as const,
    hostPidNamespace: 1,
    processes: [at(10, SANDBOX), at(11, FIRST), guest({})].map((one) => ({ ...one, namespaces: own })),
  }
  const [ofPod, ofContainer] = findKillSets(parts, parts, table, containerd, 'stop')
  assert.deepEqual(
    ofPod?.doomed.map(({ pid }) => pid),
    [10, 11, 99],
  )
  assert.deepEqual(
    ofContainer?.doomed.map(({ pid }) => pid),
    [11],
  )
})

test('a container with a pid namespace of its own takes its cgroup along too, but not by the end of its shim', () => {
  const own = { ...first, pidMode: 'private' as const }
  const table = {
    layout: 'unified' as const,
    hostPidNamespace: 1,
    processes: [guest({ '': `${POD}/${FIRST}/joined` })],
  }
  const dies = (cause: StopCause, engine = containerd) =>
    findKillSets([own], [own], table, engine, cause).flatMap(({ doomed }) => doomed.map(({ pid }) => pid))
  assert.deepEqual(dies('stop', { ...containerd, killsByCgroup: true }), [99])
  assert.deepEqual(dies('shimKilled', { ...containerd, killsByCgroup: true }), [])
  // Docker's way.
  assert.deepEqual(dies('stop'), [])
})

test('a containerd of a version that was never seen: what shares any cgroup with the container counts', () => {
  const table = {
    layout: 'hybrid' as const,
    hostPidNamespace: 1,
    processes: [at(11, FIRST), guest({ pids: `${POD}/${FIRST}` })],
  }
  const [killSet] = findKillSets([first], [first], table, { ...containerd, version: '99.0.0' }, 'stop')
  assert.deepEqual(
    killSet?.doomed.map(({ pid, mechanisms }) => [pid, mechanisms.includes('unknownRuntime')]),
    [
      [11, true],
      [99, true],
    ],
  )
})
