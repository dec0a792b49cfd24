import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import type { Helper, RescueMethod } from '../../node/index.ts'
import { FakeKernel } from './testing/fake-kernel.ts'
import type { FakeHierarchy } from './testing/fake-kernel.ts'
import {
  ID,
  QEMU,
  SWTPM,
  V1,
  VCPU,
  guest,
  inContainerV1,
  inContainerV2,
  leaves,
  rescuerOf,
  swtpm,
} from './testing/guest-in-container.ts'

function assertPlacedV1(kernel: FakeKernel, base: string, inner: string): void {
  assert.deepEqual(leaves(kernel, 6), [base, base, base, base])
  assert.deepEqual(leaves(kernel, 5), [base, base, base, base])
  for (const hierarchy of [4, 3]) assert.deepEqual(leaves(kernel, hierarchy), [inner, inner, inner, inner])
  for (const hierarchy of [2, 1]) {
    const expected = ['emulator', 'iothread1', 'vcpu0', 'emulator'].map((leaf) => `${inner}/${leaf}`)
    assert.deepEqual(leaves(kernel, hierarchy), expected)
  }
  const limit = (hierarchy: number, path: string, file: string) =>
    kernel.read({ hierarchy, controllers: [] }, path, file)
  assert.equal(limit(1, base, 'cpu.shares'), '512')
  assert.equal(limit(1, `${inner}/vcpu0`, 'cpu.cfs_quota_us'), '50000')
  assert.equal(limit(2, inner, 'cpuset.cpus'), '0-2')
  assert.equal(limit(2, `${inner}/vcpu0`, 'cpuset.cpus'), '2')
  assert.equal(limit(3, inner, 'memory.limit_in_bytes'), '800000000', 'the container held it tighter')
  assert.equal(limit(4, inner, 'devices.list'), 'c 1:3 rw\nc 136:* rw')
  assert.equal(limit(5, base, 'pids.max'), '4096')
}

const SCOPE = '/machine.slice/machine-qemu\\x2d1\\x2dvm.scope'
const PARTITION = '/machine/qemu-1-vm.libvirt-qemu'
const BASES: Readonly<Record<RescueMethod, readonly [base: string, inner: string]>> = {
  cgroups: [PARTITION, PARTITION],
  systemd: [SCOPE, `${SCOPE}/libvirt`],
  machined: [SCOPE, `${SCOPE}/libvirt`],
}
const METHODS: readonly RescueMethod[] = ['cgroups', 'systemd', 'machined']

for (const method of METHODS) {
  test(`v1, ${method}: guest, threads and helper leave the container with their limits`, async () => {
    const kernel = inContainerV1(`/docker/${ID}`)
    const { rescuer, units, records } = rescuerOf(kernel, method)
    const report = await rescuer.rescue(guest, [swtpm], [ID])
    const [base, inner] = BASES[method]
    assertPlacedV1(kernel, base, inner)
    assert.equal(report.method, method)
    assert.equal(report.unit, base.slice(base.lastIndexOf('/') + 1))
    assert.equal(report.notKept, undefined)
    assert.ok(report.limits.includes('cpu,cpuacct/vcpu0/cpu.cfs_quota_us=50000'))
    assert.deepEqual(
      report.moved.filter(({ pid, hierarchy }) => pid === QEMU && hierarchy === 'devices'),
      [{ pid: QEMU, hierarchy: 'devices', from: `/docker/${ID}${PARTITION}`, to: inner }],
    )
    assert.equal(records.kept.size, 0)
    if (method !== 'cgroups') assert.equal(units.properties.get(`${report.unit} CPUShares`), 512)
    if (method === 'machined') assert.equal(units.machines.get(QEMU)?.name, 'qemu-1-vm')
  })

  test(`v2, ${method}: guest, threads and helper leave the container with their limits`, async () => {
    const kernel = inContainerV2(`/docker/${ID}`)
    const { rescuer } = rescuerOf(kernel, method)
    const report = await rescuer.rescue(guest, [swtpm], [ID])
    const [base, inner] = BASES[method]
    assert.equal(kernel.placeOf(QEMU, 0), `${inner}/emulator`)
    assert.equal(kernel.placeOf(VCPU, 0), `${inner}/vcpu0`)
    assert.equal(kernel.placeOf(SWTPM, 0), `${inner}/emulator`)
    const limit = (path: string, file: string) => kernel.read({ hierarchy: 0, controllers: [] }, path, file)
    assert.equal(limit(base, 'cpu.weight'), '50')
    assert.equal(limit(inner, 'memory.max'), '900000000')
    assert.equal(limit(`${inner}/vcpu0`, 'cpu.max'), '50000 100000')
    assert.equal(kernel.deviceFilters.get(inner), 'of libvirt')
    assert.ok(report.limits.includes('v2 filter of devices'))
    assert.equal(report.notKept, undefined)
  })

  test(`v1, ${method}: a crash at any moment is made good by the next rescue`, async () => {
    let crashes = 0
    for (let at = 1; ; at += 1) {
      const kernel = inContainerV1(`/docker/${ID}`)
      const { rescuer } = rescuerOf(kernel, method)
      const died = crashAt(kernel, at)
      await rescuer.rescue(guest, [swtpm], [ID]).catch(() => undefined)
      if (!died()) break
      crashes += 1
      kernel.onChange = () => undefined
      await rescuer.rescue(guest, [swtpm], [ID])
      assertPlacedV1(kernel, ...BASES[method])
    }
    assert.ok(crashes > 30, `only ${crashes} boundaries were crossed`)
  })

  test(`v2, ${method}: a crash at any moment is made good by the next rescue`, async () => {
    let crashes = 0
    for (let at = 1; ; at += 1) {
      const kernel = inContainerV2(`/docker/${ID}`)
      const { rescuer } = rescuerOf(kernel, method)
      const died = crashAt(kernel, at)
      await rescuer.rescue(guest, [swtpm], [ID]).catch(() => undefined)
      if (!died()) break
      crashes += 1
      kernel.onChange = () => undefined
      await rescuer.rescue(guest, [swtpm], [ID])
      const inner = BASES[method][1]
      assert.equal(kernel.placeOf(VCPU, 0), `${inner}/vcpu0`, `crash ${at}`)
      assert.equal(kernel.placeOf(SWTPM, 0), `${inner}/emulator`, `crash ${at}`)
      assert.equal(
        kernel.read({ hierarchy: 0, controllers: [] }, inner, 'memory.max'),
        '900000000',
        `crash ${at}`,
      )
      assert.equal(kernel.deviceFilters.get(inner), 'of libvirt', `crash ${at}`)
    }
    assert.ok(crashes > 10, `only ${crashes} boundaries were crossed`)
  })
}

test('a device filter that cannot move is reported, and does not stop the rescue', async () => {
  const kernel = inContainerV2(`/docker/${ID}`)
  kernel.copyDeviceFilter = () => {
    throw new Error('perl: spawn perl ENOENT')
  }
  const report = await rescuerOf(kernel, 'machined').rescuer.rescue(guest, [swtpm], [ID])
  assert.equal(kernel.placeOf(VCPU, 0), `${BASES.machined[1]}/vcpu0`)
  assert.deepEqual(report.notKept, ['v2 filter of devices: perl: spawn perl ENOENT'])
})

/** From the n-th change on nothing happens any more: what a kill -9 at that moment leaves. */
function crashAt(kernel: FakeKernel, change: number): () => boolean {
  let changes = 0
  kernel.onChange = () => {
    changes += 1
    if (changes >= change) throw Object.assign(new Error('crash'), { code: 'EINTR' })
  }
  return () => changes >= change
}

for (const method of ['cgroups', 'systemd'] as const) {
  test(`${method}: a guest that is in no container is left where it is`, async () => {
    const kernel = inContainerV1('/elsewhere')
    const before = leaves(kernel, 4)
    const { rescuer } = rescuerOf(kernel, method)
    kernel.onChange = (what) => assert.fail(what)
    const report = await rescuer.rescue(guest, [swtpm], [ID])
    assert.deepEqual(report.moved, [])
    assert.deepEqual(leaves(kernel, 4), before)
  })
}

test('machined: a guest that it does not know is registered, or the next libvirt would kill it', async () => {
  const kernel = inContainerV1('/elsewhere')
  const { rescuer, units } = rescuerOf(kernel, 'machined')
  await rescuer.rescue(guest, [swtpm], [ID])
  assert.equal(units.machines.get(QEMU)?.name, 'qemu-1-vm')
  for (const tid of [QEMU, 101, VCPU])
    assert.match(kernel.placeOf(tid, 1) ?? '', /libvirt\/(emulator|vcpu0|iothread1)$/)
  kernel.onChange = (what) => assert.fail(what)
  assert.deepEqual((await rescuer.rescue(guest, [swtpm], [ID])).moved, [])
})

test('a second rescue finds nothing to do', async () => {
  const kernel = inContainerV1(`/docker/${ID}`)
  const { rescuer } = rescuerOf(kernel, 'systemd')
  await rescuer.rescue(guest, [swtpm], [ID])
  kernel.onChange = (what) => assert.fail(what)
  assert.deepEqual((await rescuer.rescue(guest, [swtpm], [ID])).moved, [])
})

test('a thread that QEMU starts in the middle does not stay behind', async () => {
  const kernel = inContainerV1(`/docker/${ID}`)
  const { rescuer } = rescuerOf(kernel, 'cgroups')
  let born = 300
  kernel.onChange = (what) => {
    // Its parent is moved next: the child is born in the old group.
    if (!what.endsWith('tasks 100') || born >= 303) return
    kernel.addThread(QEMU, QEMU, born, 'worker')
    born += 1
  }
  await rescuer.rescue(guest, [], [ID])
  for (const tid of [300, 301, 302].slice(0, born - 300)) {
    assert.equal(kernel.placeOf(tid, 1), `${PARTITION}/emulator`)
  }
  assert.ok(born > 300)
})

test('a private pid namespace is refused before anything is touched', async () => {
  const kernel = new FakeKernel(V1)
  kernel.addProcess({
    pid: QEMU,
    ppid: 50,
    startTicks: 1,
    pidNamespace: 9,
    threads: { [QEMU]: { name: 'qemu', cgroups: { 4: `/docker/${ID}` } } },
  })
  kernel.addProcess({ pid: 50, ppid: 1, startTicks: 1, pidNamespace: 9, threads: {} })
  kernel.onChange = (what) => assert.fail(what)
  const { rescuer } = rescuerOf(kernel, 'cgroups')
  await assert.rejects(rescuer.rescue(guest, [], [ID]), (error) => {
    return (
      isAnnealError(error, 'RESCUE_IMPOSSIBLE') &&
      /pid namespace/.test(error.message) &&
      /migrate/.test(error.remedy)
    )
  })
})

test('a helper that made a pid namespace for its own child is moved with it', async () => {
  const kernel = inContainerV1(`/docker/${ID}`)
  const sandboxed: Helper = {
    ...swtpm,
    kind: 'virtiofsd',
    name: 'virtiofsd',
    identity: { ...swtpm.identity, pid: 201 },
  }
  kernel.addProcess({
    pid: 201,
    ppid: SWTPM,
    startTicks: 2,
    pidNamespace: 7,
    threads: { 201: { name: 'virtiofsd', cgroups: { 4: `/docker/${ID}` } } },
  })
  const { rescuer } = rescuerOf(kernel, 'cgroups')
  await rescuer.rescue(guest, [swtpm, sandboxed], [ID])
  assert.equal(kernel.placeOf(201, 4), PARTITION)
})

test('a process that was replaced by another with its pid is not touched', async () => {
  const kernel = inContainerV1(`/docker/${ID}`)
  kernel.onChange = (what) => assert.fail(what)
  const { rescuer } = rescuerOf(kernel, 'cgroups')
  const other = { ...guest, identity: { ...guest.identity, startTicks: 77 } }
  await assert.rejects(rescuer.rescue(other, [], [ID]), (error) => isAnnealError(error, 'RESCUE_TARGET_GONE'))
})

test('what cannot leave a hierarchy is named, and the rest is safe', async () => {
  const hierarchies = V1.map((each): FakeHierarchy =>
    each.hierarchy === 4 ? { ...each, mounted: false } : each,
  )
  const kernel = new FakeKernel(hierarchies)
  kernel.addProcess({
    pid: QEMU,
    ppid: 1,
    startTicks: 1,
    pidNamespace: 1,
    threads: { [QEMU]: { name: 'qemu', cgroups: { 4: `/docker/${ID}`, 3: `/docker/${ID}` } } },
  })
  const { rescuer, records } = rescuerOf(kernel, 'cgroups')
  await assert.rejects(rescuer.rescue(guest, [], [ID]), (error) => {
    return isAnnealError(error, 'RESCUE_FAILED') && error.message.includes(`100 devices:/docker/${ID}`)
  })
  assert.equal(kernel.placeOf(QEMU, 3), PARTITION)
  assert.equal(records.kept.size, 1, 'the limits stay on record for the next try')
})

test('a limit that the new cgroup refuses is reported, and the guest still moves', async () => {
  const kernel = inContainerV1(`/docker/${ID}`)
  kernel.onChange = (what) => {
    if (what.includes(`3:${PARTITION}/memory.limit_in_bytes`))
      throw Object.assign(new Error(), { code: 'EBUSY' })
  }
  const { rescuer } = rescuerOf(kernel, 'cgroups')
  const report = await rescuer.rescue(guest, [], [ID])
  assert.deepEqual(report.notKept, ['memory/memory.limit_in_bytes=800000000'])
  assert.equal(kernel.placeOf(QEMU, 3), PARTITION)
})

test('a guest for which libvirt could make no group gets those that the next libvirt looks for', async () => {
  const root = `/docker/${ID}`
  const kernel = new FakeKernel(V1)
  const everywhere = Object.fromEntries(V1.map(({ hierarchy }) => [hierarchy, root]))
  kernel.addProcess({
    pid: QEMU,
    ppid: 1,
    startTicks: 1,
    pidNamespace: 1,
    threads: {
      [QEMU]: { name: 'qemu-system-x86', cgroups: everywhere },
      101: { name: 'IO iothread1', cgroups: everywhere },
      [VCPU]: { name: 'CPU 0/KVM', cgroups: everywhere },
    },
  })
  for (const path of ['/docker', root]) {
    kernel.setFile(2, path, 'cpuset.cpus', '0-3')
    kernel.setFile(2, path, 'cpuset.mems', '0')
  }
  await rescuerOf(kernel, 'cgroups').rescuer.rescue(guest, [], [ID])
  for (const hierarchy of [1, 2]) {
    assert.deepEqual(leaves(kernel, hierarchy).slice(0, 3), [
      `${PARTITION}/emulator`,
      `${PARTITION}/iothread1`,
      `${PARTITION}/vcpu0`,
    ])
  }
  assert.equal(kernel.placeOf(VCPU, 3), PARTITION)
})

test('a partition of the operator’s choice is kept', async () => {
  const kernel = new FakeKernel(V1)
  const path = `/docker/${ID}/tenants.partition/qemu-1-vm.libvirt-qemu`
  kernel.addProcess({
    pid: QEMU,
    ppid: 1,
    startTicks: 1,
    pidNamespace: 1,
    threads: { [QEMU]: { name: 'qemu', cgroups: { 4: `/docker/${ID}`, 3: path } } },
  })
  await rescuerOf(kernel, 'cgroups').rescuer.rescue(guest, [], [ID])
  for (const hierarchy of [3, 4]) {
    assert.equal(kernel.placeOf(QEMU, hierarchy), '/tenants.partition/qemu-1-vm.libvirt-qemu')
  }
})

for (const method of METHODS) {
  test(`${method}: virtlogd gets a place of its own, never in a guest’s`, async () => {
    const kernel = inContainerV1(`/docker/${ID}`)
    const virtlogd: Helper = { ...swtpm, kind: 'virtlogd', name: 'virtlogd' }
    const { rescuer } = rescuerOf(kernel, method)
    await rescuer.rescue(guest, [virtlogd], [ID])
    assert.equal(kernel.placeOf(SWTPM, 4), `/docker/${ID}`, 'a guest does not take it along')
    const report = await rescuer.rescueHelper(virtlogd, [ID])
    const place =
      method === 'cgroups' ? '/anneal/anneal-virtlogd-200' : '/system.slice/anneal-virtlogd-200.scope'
    for (const { hierarchy } of V1) assert.equal(kernel.placeOf(SWTPM, hierarchy), place)
    assert.equal(report.unit, place.slice(place.lastIndexOf('/') + 1))
  })
}
