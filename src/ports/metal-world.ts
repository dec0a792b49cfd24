import type { DeploymentDocument, DeploymentNote } from '../contract/index.ts'
import type { ImageFacts } from '../metal/index.ts'
import type { Compute } from './compute.ts'
import type { Clock } from './host.ts'
import type { Provisioner } from './provisioner.ts'

/** Where images are registered: Glance. */
export interface ImageRegistry {
  /** By id or name; throws where there is none or there are several. */
  find(nameOrId: string): Promise<ImageFacts>
}

/** What answers on a machine that was deployed. */
export interface Machine {
  /** The greeting of an SSH server (RFC 4253, 4.2), or undefined where nothing answers yet. */
  sshBanner(host: string, port: number, timeoutMs: number): Promise<string | undefined>
  /**
   * Opens a console: `file:PATH`, `unix:PATH`, `tcp:HOST:PORT`; `conductor:UUID`, a node of the conductor that is asked. A file is read from the byte `from` on, where that is
   * known; a socket has only what comes from now on. Throws CONSOLE_UNREADABLE for a source of another kind.
   */
  openConsole(source: string, from: number | 'now'): Promise<MachineConsole>
}

export interface MachineConsole {
  /** Where in the file reading began; undefined for a socket. */
  readonly position: number | undefined
  /** What was written since the last call; '' where there is nothing new, or nobody to write (the machine is off). */
  read(): Promise<string>
  close(): Promise<void>
}

/** Records of deployments, on this machine. */
export interface DeploymentRecords {
  /** Replaces the record of one deployment of a node durably; gives where it is. */
  save(nodeUuid: string, deployment: string, record: DeploymentDocument | DeploymentNote): Promise<string>
  read(nodeUuid: string, deployment: string): Promise<unknown>
}

/** What the runtime needs to put an image on a machine. */
export type MetalWorld = Readonly<{
  /** Knows the machines, and carries them through their lives. */
  provisioner: Provisioner
  /** Asked only for what goes by way of it: many clouds, and every Ironic by itself, have none. */
  compute: Compute
  machine: Machine
  records: DeploymentRecords
  clock: Clock
}>
