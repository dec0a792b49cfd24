import { existsSync, statSync } from 'node:fs'
import { executablePath } from '../../node/index.ts'
import type { HostReader } from '../../ports/index.ts'
import type { HostFacts, ProcessTable } from '../../node/index.ts'
import { CAPABILITIES } from './capabilities.ts'
import { raiseProc } from './errors.ts'
import { readProcText } from './proc-files.ts'

export type HostReaderOptions = Readonly<{
  procRoot?: string
  /** Root of the host's file system, for the files of systemd and D-Bus. */
  root?: string
  /** A reading of the process table, to look for systemd-machined in. */
  table: () => Promise<ProcessTable>
}>

/** Where D-Bus looks for services it can start on demand (dbus-daemon(1), `standard_system_servicedirs`). */
const SERVICE_DIRS = [
  '/usr/share/dbus-1/system-services',
  '/usr/local/share/dbus-1/system-services',
  '/lib/dbus-1/system-services',
  '/run/dbus-1/system-services',
]

export function hostReader(options: HostReaderOptions): HostReader {
  const procRoot = options.procRoot ?? '/proc'
  const root = options.root ?? ''
  const read = (name: string): string => {
    const text = readProcText(`${procRoot}/${name}`)
    if (text === undefined) throw raiseProc('PROC_UNREADABLE', { procRoot, state: `${name} cannot be read` })
    return text.trim()
  }
  return {
    async facts(): Promise<HostFacts> {
      const { processes } = await options.table()
      return {
        kernel: read('sys/kernel/osrelease'),
        // What sd_booted(3) asks.
        systemdIsInit: isDirectory(`${root}/run/systemd/system`),
        machinedRunning: processes.some((process) => executablePath(process).endsWith('/systemd-machined')),
        machinedActivatable:
          existsSync(`${root}/run/dbus/system_bus_socket`) &&
          SERVICE_DIRS.some((dir) => existsSync(`${root}${dir}/org.freedesktop.machine1.service`)),
        missingCapabilities: missingCapabilities(
          read('self/status'),
          Number(read('sys/kernel/cap_last_cap')),
        ),
        // A node that is itself a container shares the machine's id, but has a first process of its own.
        bootId: `${read('sys/kernel/random/boot_id')}/${startOfFirst(processes)}`,
      }
    },
  }
}

function startOfFirst(processes: ProcessTable['processes']): number {
  return processes.find((process) => process.pid === 1)?.startTicks ?? 0
}

/** Capabilities that this kernel has and the bounding set (`CapBnd`, hexadecimal) has not. */
export function missingCapabilities(status: string, lastCapability: number): readonly string[] {
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0'}`)
  return CAPABILITIES.slice(0, lastCapability + 1).filter((_, bit) => ((bounding >> BigInt(bit)) & 1n) === 0n)
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
