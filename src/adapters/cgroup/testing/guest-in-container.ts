import type { Guest, Helper, RescueMethod } from '../../../node/index.ts'
import { cgroupRescuer } from '../rescuer.ts'
import type { RescueRecord, RescueRecords } from '../rescue-record.ts'
import { FakeKernel } from './fake-kernel.ts'
import type { FakeHierarchy } from './fake-kernel.ts'
import { FakeUnits } from './fake-units.ts'

export const ID = 'c0ffee'.repeat(10).concat('c0ff')
const UUID = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001'
export const QEMU = 100
export const VCPU = 102
export const SWTPM = 200

export const V1: readonly FakeHierarchy[] = [
  { hierarchy: 6, controllers: ['name=systemd'] },
  { hierarchy: 5, controllers: ['pids'] },
  { hierarchy: 4, controllers: ['devices'] },
  { hierarchy: 3, controllers: ['memory'] },
  { hierarchy: 2, controllers: ['cpuset'] },
  { hierarchy: 1, controllers: ['cpu', 'cpuacct'] },
]
const V2: readonly FakeHierarchy[] = [
  { hierarchy: 0, controllers: ['cpuset', 'cpu', 'io', 'memory', 'pids'] },
]

export const guest: Guest = {
  uuid: UUID,
  name: 'vm',
  identity: { pid: QEMU, startTicks: 1, exeInode: '', namespaces: undefined, cgroups: [] },
  emulator: '/usr/bin/qemu-system-x86_64',
  domainId: 1,
  consoleLogs: [],
  consoleBackend: 'none',
}
export const swtpm: Helper = {
  kind: 'swtpm',
  name: 'swtpm',
  identity: { pid: SWTPM, startTicks: 2, exeInode: '', namespaces: undefined, cgroups: [] },
  guests: [UUID],
}

/** Records in memory that a crash does not reach, like files on /run. */
function memoryRecords(kernel: FakeKernel): RescueRecords & Readonly<{ kept: Map<number, RescueRecord> }> {
  const kept = new Map<number, RescueRecord>()
  return {
    kept,
    read: ({ pid, startTicks }) => (kept.get(pid)?.startTicks === startTicks ? kept.get(pid) : undefined),
    write(record) {
      kernel.onChange('write record')
      kept.set(record.pid, record)
    },
    remove({ pid }) {
      kernel.onChange('remove record')
      kept.delete(pid)
    },
  }
}

/** QEMU with a vCPU, an I/O thread and a TPM, all below `root` as libvirt without machined places them on v1. */
export function inContainerV1(root: string): FakeKernel {
  const kernel = new FakeKernel(V1)
  const own = `${root}/machine/qemu-1-vm.libvirt-qemu`
  const threads = (leaf: string): Record<number, string> => ({
    6: root,
    5: root,
    4: own,
    3: own,
    2: `${own}/${leaf}`,
    1: `${own}/${leaf}`,
  })
  kernel.addProcess({
    pid: QEMU,
    ppid: 1,
    startTicks: 1,
    pidNamespace: 1,
    threads: {
      [QEMU]: { name: 'qemu-system-x86', cgroups: threads('emulator') },
      101: { name: 'IO iothread1', cgroups: threads('iothread1') },
      [VCPU]: { name: 'CPU 0/KVM', cgroups: threads('vcpu0') },
    },
  })
  kernel.addProcess({
    pid: SWTPM,
    ppid: 1,
    startTicks: 2,
    pidNamespace: 1,
    // libvirt places helpers only where threads have groups.
    threads: { [SWTPM]: { name: 'swtpm', cgroups: { ...threads('emulator'), 4: root, 3: root } } },
  })
  for (const path of [root, `${root}/machine`, own, `${own}/emulator`, `${own}/vcpu0`, `${own}/iothread1`]) {
    kernel.setFile(2, path, 'cpuset.cpus', '0-3')
    kernel.setFile(2, path, 'cpuset.mems', '0')
  }
  kernel.setFile(2, own, 'cpuset.cpus', '0-2')
  kernel.setFile(2, `${own}/emulator`, 'cpuset.cpus', '0-2')
  kernel.setFile(2, `${own}/iothread1`, 'cpuset.cpus', '0-2')
  kernel.setFile(2, `${own}/vcpu0`, 'cpuset.cpus', '2')
  kernel.setFile(1, own, 'cpu.shares', '512')
  kernel.setFile(1, `${own}/vcpu0`, 'cpu.cfs_quota_us', '50000')
  kernel.setFile(3, own, 'memory.limit_in_bytes', '900000000')
  kernel.setFile(3, root, 'memory.limit_in_bytes', '800000000')
  kernel.setFile(4, own, 'devices.list', 'c 1:3 rw\nc 136:* rw')
  kernel.setFile(5, root, 'pids.max', '4096')
  return kernel
}

/** The same on v2, in a container with a cgroup namespace of its own. */
export function inContainerV2(root: string): FakeKernel {
  const kernel = new FakeKernel(V2)
  const own = `${root}/machine/qemu-1-vm.libvirt-qemu`
  kernel.addProcess({
    pid: QEMU,
    ppid: 1,
    startTicks: 1,
    pidNamespace: 1,
    threads: {
      [QEMU]: { name: 'qemu-system-x86', cgroups: { 0: `${own}/emulator` } },
      [VCPU]: { name: 'CPU 0/KVM', cgroups: { 0: `${own}/vcpu0` } },
    },
  })
  kernel.addProcess({
    pid: SWTPM,
    ppid: 1,
    startTicks: 2,
    pidNamespace: 1,
    threads: { [SWTPM]: { name: 'swtpm', cgroups: { 0: `${own}/emulator` } } },
  })
  for (const path of ['/', root, `${root}/machine`]) {
    kernel.setFile(0, path, 'cgroup.subtree_control', 'cpuset cpu io memory pids')
  }
  kernel.setFile(0, own, 'cgroup.subtree_control', 'cpu cpuset')
  kernel.setFile(0, own, 'cpu.weight', '50')
  kernel.setFile(0, own, 'memory.max', '900000000')
  kernel.setFile(0, `${own}/vcpu0`, 'cpu.max', '50000 100000')
  kernel.deviceFilters.set(own, 'of libvirt')
  return kernel
}

export function rescuerOf(kernel: FakeKernel, method: RescueMethod) {
  const units = new FakeUnits(kernel, method)
  const records = memoryRecords(kernel)
  return { rescuer: cgroupRescuer({ kernel, units, records, scopeTimeoutMs: 50 }), units, records }
}

export const leaves = (kernel: FakeKernel, hierarchy: number): readonly (string | undefined)[] =>
  [QEMU, 101, VCPU, SWTPM].map((tid) => kernel.placeOf(tid, hierarchy))
