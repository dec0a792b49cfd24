import type { ByteSource } from '../bytes/index.ts'
import type { Architecture } from '../conductor/index.ts'

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
    /** Two images with the same identity have the same bytes on the disk: their pieces are packed once. */
    identity: string
    /** Sectors of disks that it can be written to: 512, 4096 or both. */
    sectorSizesBytes: readonly number[]
    /** Of a whole disk. */
    table?: 'gpt' | 'mbr' | 'none'
    /** Of a trio: what type its partition has, and what it is called. */
    partition?: Readonly<{ typeGuid: string; label: string }>
    /** Firmwares whose boot loader the whole disk has. */
    firmwares: readonly ('bios' | 'uefi')[]
    /** Of a trio. There are systems without a ramdisk. */
    boot?: NetworkBoot
    /** As a boot contract has them: for people. */
    warnings: readonly string[]
    /**
     * Keeps its files open while something is read of them: disposing of the image waits until all is let go. Throws
     * DEPLOY_IMAGE_CLOSED after that has begun.
     */
    hold(): Disposable
  }>

export type DeployImageRequest = Readonly<{
  /** A path or address, as `anneal image inspect` takes it; or the directory of a boot set (boot.json). */
  location: string
  form: DeployForm
  /** Kernel arguments to add, and names of arguments to take out, as `--karg` and `--delete-karg`. */
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  /** Of the machine: decides where an image boots different things with BIOS and UEFI. */
  firmware?: 'bios' | 'uefi'
  /** Where an image that is compressed as a whole is unpacked. */
  temporaryDirectory?: string
  signal?: AbortSignal
}>

/** Throws what the readers of images throw, and DEPLOY_IMAGE_…. */
export type OpenDeployImage = (request: DeployImageRequest) => Promise<DeployImage>

/** What a machine boots over the network. There are systems without a ramdisk. */
export type NetworkBoot = Readonly<{
  kernel: ByteSource
  ramdisk?: ByteSource
  /** Of a live set: what the machine fetches into its memory. The command line has the address with `ROOT_IMAGE_URL`. */
  rootImage?: ByteSource
  commandLine: string
  /** Two boots with the same identity have the same files: they are kept once for all machines. */
  identity?: string
}>

/** A live set that is open for a machine. Dispose of it when done. */
export type LiveSet = AsyncDisposable &
  Readonly<{
    boot: NetworkBoot
    /** Of the kernel; undefined where it does not say it. */
    architecture?: Architecture
    /** What a machine needs at least. */
    memoryMib: number
  }>

export type LiveSetRequest = Readonly<{
  /** The directory that `anneal image convert --live` wrote. */
  location: string
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  signal: AbortSignal
}>

/** Throws DEPLOY_IMAGE_FORM, DEPLOY_IMAGE_SET, DOCUMENT_INVALID. */
export type OpenLiveSet = (request: LiveSetRequest) => Promise<LiveSet>

/**
 * One piece as it goes over the wire: the head, then the packed bytes. The head is a line
 * `offset length blake2b512-of-the-packed-bytes\n`, in bytes of the disk; the packed bytes are one zstd frame (RFC 8878) with its
 * content checksum. A piece of zeros has the head `offset length zero\n` and nothing more.
 */
export type DiskPiece = Readonly<{
  head: string
  /** Shared by all who ask for it: read it, and do not change it. */
  packed?: Uint8Array<ArrayBuffer>
}>

/**
 * The pieces in which one machine gets its disk. They do not overlap; what is in none of them is not written. The first block
 * of the disk is in the last piece. Offsets are multiples of 4096; lengths are, too, but for the ends of the image and the disk.
 */
export interface DiskChunks {
  /** Of the disk that is written: all pieces lie within it. */
  readonly diskBytes: number
  readonly count: number
  /** Bytes of the disk that are in pieces: what a machine writes, zeros included. */
  readonly usedBytes: number
  /** The same piece is read and packed once, however many machines ask for it at about the same time. */
  piece(index: number, signal?: AbortSignal): Promise<DiskPiece>
}

/** What one machine's disk is composed of. */
export type DiskRequest = Readonly<{
  image: DeployImage
  /** Of the machine's disk. */
  diskBytes: number
  sectorSizeBytes: number
  /** Draws GUIDs of the partition table; the same seed gives the same disk. */
  seed: string
  /** A file system with the label config-2 (see `MakeConfigDrive`); it gets a partition at the end of the disk. */
  configDrive?: ByteSource
  signal?: AbortSignal
}>

/** Throws DEPLOY_DISK_TOO_SMALL, DEPLOY_SECTOR_SIZE, DEPLOY_PARTITIONS_FULL. */
export type ComposeDisk = (request: DiskRequest) => Promise<DiskChunks>

/** What cloud-init reads of a config drive: OpenStack’s documents, as they are. */
export type ConfigDriveContent = Readonly<{
  /** JSON: meta_data.json. */
  metaData: Readonly<Record<string, unknown>>
  userData?: string | Uint8Array
  /** JSON: network_data.json. */
  networkData?: Readonly<Record<string, unknown>>
}>

/**
 * A file system with the label config-2, made without root. It is ISO 9660 for sectors of 512 bytes, and FAT for 4096, on
 * which Linux mounts no ISO 9660. Throws CONFIG_DRIVE_….
 */
export type MakeConfigDrive = (
  content: ConfigDriveContent,
  sectorSizeBytes: number,
  signal?: AbortSignal,
) => Promise<ByteSource>
