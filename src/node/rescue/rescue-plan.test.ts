import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containerRoot, planRescue, remainingInside } from './rescue-plan.ts'
import type { Movable, RescueMethod } from './rescue-plan.ts'

const ID = '0a1b'.repeat(16)

test('the container’s own cgroup is found by its id, in the form of every engine', () => {
  for (const [path, root] of [
    [`/docker/${ID}`, `/docker/${ID}`],
    [`/docker/${ID}/machine/qemu-1-vm.libvirt-qemu/vcpu0`, `/docker/${ID}`],
    [`/system.slice/docker-${ID}.scope/x`, `/system.slice/docker-${ID}.scope`],
    [`/machine.slice/libpod-${ID}.scope/container/machine`, `/machine.slice/libpod-${ID}.scope/container`],
    [`/libpod_parent/libpod-${ID}`, `/libpod_parent/libpod-${ID}`],
    [`/kubepods/pod7/${ID}/a`, `/kubepods/pod7/${ID}`],
  ] as const) {
    assert.equal(containerRoot(path, ['other', ID]), root, path)
  }
  assert.equal(containerRoot('/machine/qemu-1-vm.libvirt-qemu', [ID]), undefined)
})

test('a cgroup path may stand for a container, and the root for none', () => {
  assert.equal(
    containerRoot('/system.slice/nova.service/x', ['/system.slice/nova.service']),
    '/system.slice/nova.service',
  )
  assert.equal(containerRoot('/system.slice/nova.service2', ['/system.slice/nova.service']), undefined)
  assert.equal(containerRoot('/x', ['/', '']), undefined)
})

const process = (pid: number, paths: Readonly<Record<string, string>>): Movable => ({
  pid,
  threads: [
    {
      tid: pid,
      name: 'qemu-system-x86',
      cgroups: Object.entries(paths).map(([controllers, path], index) => ({
        hierarchy: controllers === '' ? 0 : index + 1,
        controllers: controllers === '' ? [] : controllers.split(','),
        path,
      })),
    },
  ],
})

const destinations = (guest: Movable, method: RescueMethod, v2Controllers: readonly string[] = []) =>
  Object.fromEntries(
    planRescue({
      method,
      machine: 'qemu-1-vm',
      base: undefined,
      guest,
      helpers: [],
      v2Controllers,
      from: [ID],
    }).placements.map(({ controllers, to }) => [controllers.join(','), to]),
  )

const inside = `/docker/${ID}`
const SCOPE = '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope'

test('below a scope, libvirt’s group is only where libvirt manages', () => {
  const guest = process(7, {
    'name=systemd': inside,
    pids: inside,
    'net_cls,net_prio': inside,
    hugetlb: inside,
    memory: inside,
    '': inside,
  })
  assert.deepEqual(destinations(guest, 'systemd'), {
    'name=systemd': SCOPE,
    pids: SCOPE,
    'net_cls,net_prio': `${SCOPE}/libvirt`,
    hugetlb: SCOPE,
    memory: `${SCOPE}/libvirt`,
    '': SCOPE,
  })
})

test('on a hybrid with a controller on v2, libvirt groups threads there, and no more in cpuacct', () => {
  const guest = process(7, { cpu: inside, cpuacct: inside, cpuset: inside, devices: inside, '': inside })
  const base = '/machine/qemu-1-vm.libvirt-qemu'
  assert.deepEqual(destinations(guest, 'cgroups', ['hugetlb']), {
    cpu: `${base}/emulator`,
    cpuacct: base,
    cpuset: `${base}/emulator`,
    devices: base,
    '': `${base}/emulator`,
  })
})

test('a place outside of the container is preferred to one inside', () => {
  const guest = process(7, {
    memory: `${inside}/a.partition/qemu-1-vm.libvirt-qemu`,
    freezer: '/b.partition/qemu-1-vm.libvirt-qemu',
    devices: inside,
  })
  assert.equal(destinations(guest, 'cgroups')['devices'], '/b.partition/qemu-1-vm.libvirt-qemu')
})

test('a guest of another name in the path is no place for this one', () => {
  const guest = process(7, { memory: '/machine/qemu-2-other.libvirt-qemu', devices: inside })
  assert.equal(destinations(guest, 'cgroups')['devices'], '/machine/qemu-1-vm.libvirt-qemu')
})

test('processes that remain inside are listed with hierarchy and number of threads', () => {
  const threads = [10, 11].map((tid) => ({
    tid,
    name: 'x',
    cgroups: [{ hierarchy: 4, controllers: ['devices'], path: inside }],
  }))
  assert.deepEqual(remainingInside([{ pid: 10, threads }], [ID]), [`10 devices:${inside} (2 threads)`])
  assert.deepEqual(remainingInside([{ pid: 10, threads }], ['other']), [])
})
