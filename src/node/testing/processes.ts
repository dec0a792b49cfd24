import type { Census, CensusSources, CloserLook, StatusFile } from '../guests/index.ts'
import type { Container } from '../container.ts'
import type { Process } from '../process.ts'
import { takeCensus } from '../guests/index.ts'

export const UUID = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001'
export const OTHER = '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c002'

let nextPid = 1000
export function process(exe: string, argv: readonly string[], more: Partial<Process> = {}): Process {
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

export const qemu = (
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

export const census = (processes: readonly Process[], more: Partial<CensusSources> = {}): Census =>
  takeCensus({
    table: { layout: 'unified', hostPidNamespace: 1, processes },
    statusFiles: [],
    containers: [],
    declared: [],
    ...more,
  })

export const statusFile = (uuid: string, pid: number, more: Partial<StatusFile> = {}): StatusFile => ({
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
  files: [],
  storagePools: [],
  ...more,
})

export const container = (id: string, rootUpperDir: string, more: Partial<Container> = {}): Container =>
  ({ id, name: id, labels: {}, rootUpperDir, mounts: [], ...more }) as Container

export const look = (of: Process, more: Partial<CloserLook> = {}): CloserLook => ({
  pid: of.pid,
  startTicks: of.startTicks,
  content: 'other',
  sizeBytes: 2 ** 30,
  opens: [],
  ...more,
})
