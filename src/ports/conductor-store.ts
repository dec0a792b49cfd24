import type { MachineRecord, PortRecord } from '../conductor/index.ts'
import type { SagaEntry } from '../saga/index.ts'

/**
 * What a conductor keeps. It is embedded: a call has reached the disk when it returns. Credentials and config drives are in
 * files of their own, never in the database.
 */
export interface ConductorStore {
  machines(): readonly MachineRecord[]
  /** By uuid. */
  machine(uuid: string): MachineRecord | undefined
  saveMachine(machine: MachineRecord): void
  /** With its ports, journal, sessions, credentials and config drive. */
  removeMachine(uuid: string): void
  ports(): readonly PortRecord[]
  savePort(port: PortRecord): void
  removePort(uuid: string): void
  /** The journal of the task that a machine is in, or was in last. */
  journal(machine: string): readonly SagaEntry[]
  /** The first entry of another run takes the place of the journal before it. */
  appendJournal(machine: string, entry: SagaEntry): void
  session(machine: string): RamdiskSession | undefined
  /** All of them, with the machine that each is of. */
  sessions(): readonly Readonly<{ machine: string; session: RamdiskSession }>[]
  saveSession(machine: string, session: RamdiskSession | undefined): void
  /** Values of driver_info that are credentials, by name. */
  credentials(machine: string): Readonly<Record<string, string>>
  saveCredentials(machine: string, credentials: Readonly<Record<string, string>>): void
  /** What cloud-init is to find, as it came in (JSON). */
  configDrive(machine: string): string | undefined
  saveConfigDrive(machine: string, drive: string | undefined): void
  close(): void
}

/**
 * What a machine may say and fetch at this moment. Tokens are kept as their SHA-256 in hexadecimal: who reads the database
 * cannot speak for a machine.
 */
export type RamdiskSession = Readonly<{
  task: string
  /** `ramdisk`: the deploy ramdisk boots, or runs. `agent`: Ironic’s does. `instance`: what is deployed boots over the network. */
  boots: 'ramdisk' | 'agent' | 'instance'
  /** Of the boot script that was served last; good for one report. */
  bootToken?: string
  /** Of the ramdisk that reported. */
  workToken?: string
  /** Address of who reported, for people. */
  reportedFrom?: string
  /** What the ramdisk said at last. It goes then, and nobody says it a second time. */
  last?: Readonly<{ kind: 'done'; lines: string } | { kind: 'failed'; code: string; lines: string }>
  /** Of the files that an instance boots, or that an agent writes. */
  imageToken?: string
}>
