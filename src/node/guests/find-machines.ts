import type { CloserLook } from './closer-look.ts'
import { sameProcess } from '../process.ts'
import type { Process, ProcessTable } from '../process.ts'
import { parseQemuCommandLine } from './qemu-command-line.ts'
import type { QemuCommandLine } from './qemu-command-line.ts'
import { isEmulator, isLibvirt } from './recognise-helper.ts'
import type { StatusFile } from './status-file.ts'
import type { Witness } from './witness.ts'

/** A process that somebody calls a virtual machine. */
export type Machine = Readonly<{
  process: Process
  line: QemuCommandLine
  /** libvirt's status file of it. */
  file: StatusFile | undefined
  witnesses: readonly Witness[]
}>

export type MachineSources = Readonly<{
  table: ProcessTable
  statusFiles: readonly StatusFile[]
  looks?: readonly CloserLook[]
  /** Pids that systemd-machined names as leaders of libvirt's machines, in the host's pid namespace. */
  machineLeaders?: readonly number[]
}>

/** Every process that any witness calls a virtual machine. A QEMU that only says what it can do is none. */
export function findMachines(sources: MachineSources): readonly Machine[] {
  const looks = new Map(sources.looks?.map((look) => [look.pid, look]))
  const leaders = new Set(sources.machineLeaders)
  const read = sources.table.processes.map((process) => ({
    process,
    line: parseQemuCommandLine(process.argv),
  }))
  // The libvirt of these is in a pid namespace of its own: the pids in its files mean nothing here.
  const elsewhere = new Set(
    read.filter(({ process }) => isForeign(process, sources)).map(({ line }) => line.uuid),
  )
  const statusFiles = sources.statusFiles.filter(({ uuid }) => !elsewhere.has(uuid))
  return read.flatMap(({ process, line }): Machine[] => {
    const look = looks.get(process.pid)
    const seen = look !== undefined && sameProcess(look, process) ? look : undefined
    const named = statusFileNaming(process, line, { ...sources, statusFiles })
    const testimony: Readonly<Record<Witness, boolean>> = {
      program: isEmulator(process),
      commandLine: hasIdentity(line) || line.emulates,
      content: seen?.content === 'emulator',
      kvm: seen?.opens.some(({ kind }) => kind === 'virtualMachine') === true,
      monitor: !isLibvirt(process) && seen?.sockets?.some((path) => MONITOR.test(path)) === true,
      statusFile: named !== undefined,
      machined: leaders.has(process.pid),
    }
    const witnesses = WITNESSES.filter((witness) => testimony[witness])
    if (witnesses.length === 0 || (line.probe && named === undefined)) return []
    return [{ process, line, file: named ?? statusFileOf(process, line, sources), witnesses }]
  })
}

/** libvirt's socket of one guest (qemuProcessPrepareMonitorChr of its src/qemu/qemu_process.c); libvirt binds it itself. */
const MONITOR = /\/libvirt\/qemu\/domain-[^/]+\/monitor\.sock$/

const WITNESSES: readonly Witness[] = [
  'program',
  'commandLine',
  'content',
  'kvm',
  'monitor',
  'statusFile',
  'machined',
]

/** Whether libvirt's name and UUID stand on the command line. */
export function hasIdentity(line: QemuCommandLine): boolean {
  return line.name !== '' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(line.uuid)
}

/** A libvirt in a private pid namespace writes pids that mean nothing on the host. */
function isForeign(process: Process, { table }: MachineSources): boolean {
  return process.namespaces !== undefined && process.namespaces.pid !== table.hostPidNamespace
}

/** The status file that names this pid, unless the command line says that it is another guest's process. */
function statusFileNaming(
  process: Process,
  line: QemuCommandLine,
  sources: MachineSources,
): StatusFile | undefined {
  if (isForeign(process, sources)) return undefined
  const file = sources.statusFiles.find((candidate) => candidate.pid === process.pid)
  return file === undefined || (hasIdentity(line) && line.uuid !== file.uuid) ? undefined : file
}

/** The status file that speaks of this very process. */
function statusFileOf(
  process: Process,
  line: QemuCommandLine,
  sources: MachineSources,
): StatusFile | undefined {
  if (!hasIdentity(line)) return undefined
  return sources.statusFiles.find(
    (file) => file.uuid === line.uuid && (isForeign(process, sources) || file.pid === undefined),
  )
}
