import type { MachineRecord, PortRecord } from '../../../conductor/index.ts'
import type { ConductorStore, RamdiskSession } from '../../../ports/index.ts'
import type { CrashPoints, SagaEntry } from '../../../saga/index.ts'

/** A store that outlives the program in a test. Whatever changes it is a boundary where the program may die. */
export function memoryStore(points?: CrashPoints): ConductorStore {
  const machines = new Map<string, MachineRecord>()
  const ports = new Map<string, PortRecord>()
  const journals = new Map<string, SagaEntry[]>()
  const sessions = new Map<string, RamdiskSession>()
  const credentials = new Map<string, Readonly<Record<string, string>>>()
  const drives = new Map<string, string>()
  const at = (name: string, change: () => void): void => {
    points?.pass(`before ${name}`)
    change()
    points?.pass(`after ${name}`)
  }
  const put = <T>(map: Map<string, T>, key: string, value: T | undefined): void => {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }
  return {
    machines: () => [...machines.values()],
    machine: (uuid) => machines.get(uuid),
    saveMachine: (machine) => at('save machine', () => put(machines, machine.uuid, machine)),
    removeMachine: (uuid) => at('remove machine', () => put(machines, uuid, undefined)),
    ports: () => [...ports.values()],
    savePort: (port) => put(ports, port.uuid, port),
    removePort: (uuid) => put(ports, uuid, undefined),
    journal: (machine) => journals.get(machine) ?? [],
    appendJournal: (machine, entry) =>
      at(`journal ${entry.type}`, () => {
        const before = (journals.get(machine) ?? []).filter(({ run }) => run === entry.run)
        journals.set(machine, [...before, entry])
      }),
    session: (machine) => sessions.get(machine),
    saveSession: (machine, session) => at('save session', () => put(sessions, machine, session)),
    credentials: (machine) => credentials.get(machine) ?? {},
    saveCredentials: (machine, values) => put(credentials, machine, values),
    configDrive: (machine) => drives.get(machine),
    saveConfigDrive: (machine, drive) => at('save drive', () => put(drives, machine, drive)),
    close: () => undefined,
  }
}
