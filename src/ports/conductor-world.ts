import type { OpenBmc } from './bmc.ts'
import type { DigestImage, OpenAgent, PackConfigDrive } from './deploy-agent.ts'
import type { ConductorStore } from './conductor-store.ts'
import type {
  ComposeDisk,
  DiskChunks,
  MakeConfigDrive,
  NetworkBoot,
  OpenDeployImage,
  OpenLiveSet,
} from './deploy-image.ts'
import type { Clock } from './host.ts'
import type { Netboot } from './netboot.ts'

/** What a conductor needs of the world. */
export type ConductorWorld = Readonly<{
  store: ConductorStore
  openBmc: OpenBmc
  netboot: Netboot
  openImage: OpenDeployImage
  openLiveSet: OpenLiveSet
  composeDisk: ComposeDisk
  makeConfigDrive: MakeConfigDrive
  packConfigDrive: PackConfigDrive
  instances: InstanceFiles
  writeByIscsi: WriteByIscsi
  openAgent: OpenAgent
  digestImage: DigestImage
  secrets: Secrets
  clock: Clock
}>

/** What of an instance machines fetch. */
export type InstanceFile = 'kernel' | 'ramdisk' | 'rootImage'

/** Kernel, ramdisk and root image of what is deployed: they have to be there whenever the machine boots. */
export interface InstanceFiles {
  /** Replaces what is there. On disk when it returns. */
  save(machine: string, boot: NetworkBoot): Promise<void>
  /** Undefined where there is none. */
  commandLine(machine: string): Promise<string | undefined>
  /** Whether the system has a ramdisk. */
  hasRamdisk(machine: string): Promise<boolean>
  /** Path of a file to serve. */
  path(machine: string, which: InstanceFile): string
  remove(machine: string): Promise<void>
}

/** Writes a disk from this side: the machine offers it as an iSCSI target. Resolves when all is on the disk. */
export type WriteByIscsi = (
  target: Readonly<{ address: string; port: number; name: string; user: string; password: string }>,
  disk: DiskChunks,
  onWritten: (bytes: number) => void,
  signal: AbortSignal,
) => Promise<void>

export interface Secrets {
  /** 256 bits of chance in hexadecimal. */
  token(): string
  /** Of a text, in hexadecimal: the same in each process with this state, and unknown to everybody else. In no database. */
  lasting(text: string): string
  /** SHA-256 in hexadecimal. */
  digest(text: string): string
  uuid(): string
}
