import type { ByteSource } from '../bytes/index.ts'

/** How a machine boots what was put on its disk. */
export type DeployForm =
  /** The disk is the image's own; its own boot loader boots it. */
  | 'wholeDisk'
  /** The root file system alone is on the disk. Kernel, ramdisk and command line come over the network at each boot. */
  | 'trio'

/** An image that is open for machines to be deployed from it, as often as it takes. Dispose of it when done. */
export type DeployImage = AsyncDisposable &
  Readonly<{
    form: DeployForm
    /** What goes to the disk: the whole disk, or the root file system. Its extents are known. */
    disk: ByteSource
    sectorSizeBytes: number
    /** Firmwares whose boot loader the whole disk has. */
    firmwares: readonly ('bios' | 'uefi')[]
    /** Of a trio. */
    boot?: Readonly<{ kernel: ByteSource; ramdisk: ByteSource; commandLine: string }>
    warnings: readonly string[]
  }>

export type DeployImageRequest = Readonly<{
  /** A path or address, as `anneal image inspect` takes it; or the directory of a boot set (boot.json). */
  location: string
  form: DeployForm
  /** Kernel arguments to add, and names of arguments to take out, as `--karg` and `--delete-karg`. */
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  signal?: AbortSignal
}>

/** Throws what the readers of images throw, and DEPLOY_IMAGE_…. */
export type OpenDeployImage = (request: DeployImageRequest) => Promise<DeployImage>

/** The pieces in which one machine gets its disk. */
export interface DiskChunks {
  /** Of the disk that is written: all pieces lie within it. */
  readonly diskBytes: number
  readonly count: number
  /** Bytes of content in all pieces. */
  readonly usedBytes: number
  /**
   * One piece as it goes over the wire: a line `offset length blake2b512-of-the-rest\n`, in bytes of the disk, and then one zstd
   * frame (RFC 8878) with its content checksum. A piece of zeros has `offset length zero\n` and nothing more. The same piece is read and packed
   * once, however many machines ask for it at about the same time.
   */
  piece(index: number, signal?: AbortSignal): Promise<Uint8Array>
}

/** What one machine's disk is composed of. */
export type DiskRequest = Readonly<{
  image: DeployImage
  /** Of the machine's disk. */
  diskBytes: number
  sectorSizeBytes: number
  /** Draws GUIDs of the partition table; the same seed gives the same disk. */
  seed: string
  /** An ISO 9660 image with the label config-2; it gets a partition at the end of the disk. */
  configDrive?: ByteSource
}>

export type ComposeDisk = (request: DiskRequest) => Promise<DiskChunks>
