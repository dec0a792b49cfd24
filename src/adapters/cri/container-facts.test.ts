import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Details } from './answers.ts'
import { cgroupOfSpec, containerFrom, podCgroup, sandboxFrom } from './container-facts.ts'
import { parsed, runtimeOf } from './details.ts'
import { uniqueNames } from './engine.ts'

// What containerd 1.6.20 answered for a pod with hostPID and hostNetwork, shortened.
const UID = 'f3e2c1d0-0000-4000-8000-000000000001'
const POD = `/kubepods/besteffort/pod${UID}`
const [SANDBOX, CONTAINER] = ['ad'.repeat(32), 'd0'.repeat(32)]
const NODE = { network: 2, pid: 2, ipc: 2 }

const details = (changes: Readonly<Record<string, unknown>> = {}): Details => ({
  pid: 11144,
  runtimeType: 'io.containerd.runc.v2',
  runtimeOptions: { binary_name: 'runc' },
  config: { linux: { security_context: { namespace_options: NODE } } },
  runtimeSpec: {
    process: { args: ['/bin/libvirtd'], env: ['PATH=/bin', 'OS_PASSWORD=hunter2'] },
    linux: {
      cgroupsPath: `${POD}/${CONTAINER}`,
      namespaces: [{ type: 'pid', path: '/proc/11114/ns/pid' }, { type: 'mount' }],
    },
  },
  ...changes,
})

const sandboxDetails = (parent: string = POD): Details =>
  details({
    pid: 11114,
    config: { linux: { cgroup_parent: parent, security_context: { namespace_options: NODE } } },
    runtimeSpec: { linux: { cgroupsPath: `${POD}/${SANDBOX}`, namespaces: [{ type: 'mount' }] } },
  })

const nothing = {
  record: undefined,
  program: { family: 'runc', version: '1.1.5' },
  cgroupnsMode: 'host',
  rootUpperDir: undefined,
  taskLimit: undefined,
} as const

const sandboxStatus = {
  id: SANDBOX,
  metadata: { name: 'libvirt-x', uid: UID, namespace: 'openstack', attempt: 0 },
  state: 0,
  createdAt: 1795980385764867300,
}
const status = {
  id: CONTAINER,
  metadata: { name: 'libvirt' },
  state: 1,
  startedAt: 1795980385925186300,
  exitCode: 0,
  image: { image: 'registry/libvirt:1' },
  imageRef: `registry/libvirt@sha256:${'0f'.repeat(32)}`,
}

const sandbox = sandboxFrom(sandboxStatus, sandboxDetails(), nothing)
const container = (changes: Readonly<Record<string, unknown>> = {}) =>
  containerFrom(status, details(changes), sandbox, nothing)
const inNamespace = (pid: number | undefined, namespaces: readonly object[] | undefined) =>
  container({
    config: { linux: { security_context: { namespace_options: { pid } } } },
    runtimeSpec: namespaces === undefined ? null : { linux: { namespaces } },
  }).pidMode

test('a pod and its container are two entries of one pod, called by their names', () => {
  assert.equal(sandbox.name, 'openstack/libvirt-x')
  assert.deepEqual(sandbox.pod, {
    id: SANDBOX,
    namespace: 'openstack',
    name: 'libvirt-x',
    uid: UID,
    cgroup: POD,
    part: 'sandbox',
  })
  const one = container()
  assert.equal(one.name, 'openstack/libvirt-x/libvirt')
  assert.deepEqual(one.pod, { ...sandbox.pod, part: 'container' })
  assert.deepEqual(
    [one.status, one.pid, one.imageId, one.engineCgroup, one.cgroupDriver, one.networkMode],
    ['running', 11144, `sha256:${'0f'.repeat(32)}`, `${POD}/${CONTAINER}`, 'cgroupfs', 'host'],
  )
})

test('the wish for hostPID counts, though the spec has a pid namespace with a path', () => {
  assert.equal(container().pidMode, 'host')
  assert.equal(sandbox.pidMode, 'host')
})

test('a pid namespace without a path is a container’s own, one with a path is shared', () => {
  assert.equal(inNamespace(1, [{ type: 'pid' }]), 'private')
  assert.equal(inNamespace(undefined, [{ type: 'pid', path: '/proc/7/ns/pid' }]), 'shared')
  assert.equal(inNamespace(undefined, [{ type: 'mount' }]), 'host')
})

test('without its spec a container counts as one that shares a pid namespace: more is killed then', () => {
  assert.equal(inNamespace(1, undefined), 'shared')
})

test('of the environment only names are kept', () => {
  assert.deepEqual(container().environmentNames, ['PATH', 'OS_PASSWORD'])
  assert.ok(!JSON.stringify(container()).includes('hunter2'))
})

test('the driver is the one that the runtime of this container was given; of no options, the one that kills more', () => {
  assert.equal(container({ runtimeOptions: { systemd_cgroup: true } }).cgroupDriver, 'systemd')
  assert.equal(container({ runtimeOptions: null }).cgroupDriver, 'systemd')
})

test('the cgroups of containers and pods are found from paths and from slices', () => {
  assert.equal(cgroupOfSpec('/kubepods/podX/1'), '/kubepods/podX/1')
  assert.equal(
    cgroupOfSpec('kubepods-besteffort-podX.slice:cri-containerd:1'),
    '/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-podX.slice/cri-containerd-1.scope',
  )
  assert.equal(cgroupOfSpec(':cri-containerd:1'), '/system.slice/cri-containerd-1.scope')
  assert.equal(cgroupOfSpec(undefined), undefined)
  assert.equal(podCgroup('/kubepods.slice/kubepods-podX.slice'), '/kubepods.slice/kubepods-podX.slice')
  assert.equal(podCgroup('kubepods-podX.slice'), '/kubepods.slice/kubepods-podX.slice')
  assert.equal(podCgroup('/kubepods/podX/'), '/kubepods/podX')
  assert.equal(podCgroup(''), undefined)
})

test('of several of one name, the one that runs keeps it', () => {
  const old = {
    ...container(),
    id: 'e1'.repeat(32),
    status: 'exited',
    startedAt: '2030-01-01T00:00:00Z',
  } as const
  assert.deepEqual(
    uniqueNames([old, container()]).map(({ name }) => name),
    ['openstack/libvirt-x/libvirt@e1e1e1e1e1e1', 'openstack/libvirt-x/libvirt'],
  )
})

test('the state of runc is where its options say, else where the shim keeps it; another shim runs no runc', () => {
  assert.deepEqual(runtimeOf({}), { root: '/run/containerd/runc', binary: 'runc' })
  assert.deepEqual(runtimeOf({ runtimeOptions: { root: '/r', binary_name: 'crun' } }), {
    root: '/r',
    binary: 'crun',
  })
  assert.equal(runtimeOf({ runtimeType: 'io.containerd.kata.v2' }).binary, undefined)
})

test('details that are no JSON are refused by the name of what they belong to', () => {
  assert.deepEqual(parsed('x', undefined), {})
  for (const text of ['{', '7']) assert.throws(() => parsed('x', text), { code: 'CRI_ANSWER_UNREADABLE' })
})
