/**
 * boot.json: what a conversion made, and everything somebody needs who boots it. Written last: where it is, the rest is
 * whole.
 */
export const BOOT_FILE_SCHEMA = 'anneal.boot/1'

export type BootFile = Readonly<{
  schema: typeof BOOT_FILE_SCHEMA
  source: Readonly<{ name: string; format: string; sizeBytes: number }>
  /** Absent for a whole disk, which boots by itself. */
  kernel?: StoredFile
  /** One archive: where the system has several, they follow one another, as the kernel takes them. */
  ramdisk?: StoredFile
  base: StoredBase
  boot: BootSummary
  changes: readonly Change[]
  warnings: readonly string[]
}>

export type StoredFile = Readonly<{
  /** Beside boot.json. */
  file: string
  sizeBytes: number
  sha256: string
  sha512: string
  /** Paths in the image, in the order in which they were put together. */
  from: readonly string[]
}>

export type StoredBase = Readonly<{
  /** `-` for standard output. */
  file: string
  format: BaseFormat
  /** A partition, a physical volume of LVM, or the whole disk; as addresses have it: `p2`. */
  from: string
  holds: 'filesystem' | 'lvm2' | 'disk'
  /** Of the disk that the image was made for, in bytes: 512 or 4096. Absent where it has no partition table. */
  sectorSizeBytes?: number
  /** Of the raw base. */
  sizeBytes: number
  /** In use: what a deployer has to write. */
  usedBytes: number
  /** Which blocks those are, with a SHA-256 for each range (not with --no-digest): bmap 2.0. Free space is in no digest. */
  blockMap?: Readonly<{ file: string; sha256: string }>
  /** Of the file: for zstd, and for raw with --exact, where free space is in it, too. */
  sha256?: string
  sha512?: string
  /** Of the file, for formats other than raw. */
  fileBytes?: number
}>

export type BaseFormat = 'raw' | 'qcow2' | 'zstd'

/** The boot contract, in short. */
export type BootSummary = Readonly<{
  commandLine: string
  /** Which firmware boots this; `either` where it makes no difference. */
  firmware: 'bios' | 'uefi' | 'either'
  arguments: readonly Readonly<{ text: string; source: string; reason: string }>[]
  /** As os-release has them: `ID`, `VERSION_ID`, `PRETTY_NAME`. */
  os: Readonly<{ id?: string; versionId?: string; prettyName?: string }>
  deployment?: Readonly<{ stateroot: string; commit: string; serial: number; bootcsum?: string }>
}>

export type Change = Readonly<{
  /** In the deployed system. */
  file: string
  what: string
  reason: string
}>
