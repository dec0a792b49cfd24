import { decodeText } from '../decode.ts'
import { listOf, object, oneOf, optional, text, wholeNumber } from '../shape.ts'
import type { OsReleaseFacts, OstreeDeployment } from './system.ts'

/**
 * boot.json: what a conversion made, and everything that somebody needs who boots it. It is written last: where it is,
 * the files that it names are complete.
 */
export type BootFile = Readonly<{
  schema: 'anneal.boot/1'
  source: ImageSource
  /** Absent for a whole disk, which boots by itself. */
  kernel?: StoredFile
  /** One archive: where the system has several, they follow one another, as the kernel takes them. */
  ramdisk?: StoredFile
  /** Absent with `--boot-only` and with `--live`. */
  base?: StoredBase
  /** With `--live`: the whole tree of the system, which runs from memory. */
  live?: StoredRootImage
  boot: BootSummary
  changes: readonly Change[]
  /** For people: what the image does not do any more, or what was not certain. */
  warnings: readonly string[]
}>

/** boot.json of a conversion that wrote a base. */
export type BaseBootFile = BootFile & Readonly<{ base: StoredBase }>

/** The image that was converted. */
export type ImageSource = Readonly<{
  /** File name, or the last part of the address. */
  name: string
  /** `raw` or `qcow2`. */
  format: string
  /** Bytes of the disk that the image holds. */
  sizeBytes: number
}>

/** A file of the result. */
export type StoredFile = Readonly<{
  /** Beside boot.json. */
  file: string
  sizeBytes: number
  /** 64 hexadecimal digits. */
  sha256: string
  /** 128 hexadecimal digits. */
  sha512: string
  /** Paths in the image, in the order in which they were put together. */
  from: readonly string[]
}>

/** The file with the base: the file system, the physical volume or the disk that the machine boots from. */
export type StoredBase = Readonly<{
  /** Beside boot.json; `-` for standard output. */
  file: string
  format: BaseFormat
  /** A partition, a physical volume of LVM, or the whole disk; as addresses have it: `p2`. */
  from: string
  holds: 'filesystem' | 'lvm2' | 'disk'
  /** Of the disk that the image was made for, in bytes: 512 or 4096. Absent where it has no partition table. */
  sectorSizeBytes?: number
  /** Bytes of the raw base. */
  sizeBytes: number
  /** With `--shrink`. */
  shrunk?: ShrunkFrom
  /** Bytes in use: what a deployer has to write. */
  usedBytes: number
  /** Which blocks those are, with a SHA-256 for each range (not with `--no-digest`): bmap 2.0. Free space is in no digest. */
  blockMap?: Readonly<{ file: string; sha256: string }>
  /** Of the file: for zstd, and for raw with `--exact`, where free space is in it, too. */
  sha256?: string
  sha512?: string
  /** Bytes of the file, for formats other than raw. */
  fileBytes?: number
}>

/** That a base was made smaller than its file system was. */
export type ShrunkFrom = Readonly<{
  fromBytes: number
  /** What grows it to the size of its disk at the first boot, and the file that says so. Empty if nothing grows it. */
  grownBy: readonly Readonly<{
    by: 'systemd-growfs' | 'cloud-init' | 'systemd-repart' | 'bootc'
    where: string
  }>[]
}>

/** A read-only image of the tree of a system. */
export type StoredRootImage = Readonly<{
  /** Beside boot.json: a file of its own, or the ramdisk that it lies in. */
  file: string
  /** Where in that file it begins, in bytes. */
  offsetBytes: number
  sizeBytes: number
  format: 'squashfs' | 'erofs'
  /** `lz4` and `none` are EROFS alone, `xz` and `gzip` squashfs. */
  compression: 'zstd' | 'xz' | 'gzip' | 'lz4' | 'none'
  /** Where machines fetch it from. Absent where it lies in the ramdisk. */
  url?: string
  /** With `--verity`: the hash tree of dm-verity behind the file system, which counts into `sizeBytes`. */
  verity?: Readonly<{
    /** 64 hexadecimal digits. */
    rootHash: string
    /** Where in the root image the superblock of the tree begins, in bytes. */
    hashOffsetBytes: number
  }>
  /** 64 hexadecimal digits. Absent where it lies in the ramdisk, whose digest covers it. */
  sha256?: string
  /** 128 hexadecimal digits. */
  sha512?: string
  /** The parts of the image that it is made of: `address:path`, then `address at path` for what is mounted. */
  from: readonly string[]
  /** Bytes of all files. */
  contentBytes: number
  /** Files, directories, links and the like. */
  nodes: number
}>

export type BaseFormat = 'raw' | 'qcow2' | 'zstd'

/** The boot contract, in short. */
export type BootSummary = Readonly<{
  /** All arguments, as the kernel gets them. */
  commandLine: string
  /** Which firmware boots this; `either` where it makes no difference. Earlier versions did not say it. */
  firmware?: 'bios' | 'uefi' | 'either'
  arguments: readonly SummaryArgument[]
  /** Without any member where the system has no os-release. */
  os: Partial<OsReleaseFacts>
  /** Of a system that ostree keeps. */
  deployment?: OstreeDeployment
}>

/** One kernel argument. */
export type SummaryArgument = Readonly<{
  /** As it is on the command line: `root=UUID=…`. */
  text: string
  /** The file of the image that it is from, as `address:path:line`; or who gave it. */
  source: string
  /** For people: why it is there. */
  reason: string
}>

/** Something that the conversion changed. */
export type Change = Readonly<{
  /** Path in the deployed system. */
  file: string
  what: string
  reason: string
}>

type ReadArgument = Pick<SummaryArgument, 'text' | 'source'>

/** What readers rely on. */
type ReadBoot = Pick<BootFile, 'schema'> &
  Readonly<{ boot: Readonly<{ arguments: readonly ReadArgument[] }> }>

const READ_BOOT = object<ReadBoot>({
  schema: oneOf('anneal.boot/1'),
  boot: object<ReadBoot['boot']>({ arguments: listOf(object<ReadArgument>({ text, source: text })) }),
})

/** The kernel arguments of a boot.json, each with the file of the image that it is from. Throws DOCUMENT_INVALID. */
export function decodeBootArguments(source: string): readonly ReadArgument[] {
  return decodeText('boot.json', source, READ_BOOT).boot.arguments
}

/** What a deployment from a boot set relies on. */
export type BootSet = Pick<BootFile, 'schema'> &
  Readonly<{
    source?: Pick<ImageSource, 'name'>
    kernel?: Pick<StoredFile, 'file' | 'sizeBytes'>
    ramdisk?: Pick<StoredFile, 'file' | 'sizeBytes'>
    base?: Pick<StoredBase, 'file' | 'holds' | 'sizeBytes'>
    live?: Pick<StoredRootImage, 'file' | 'sizeBytes' | 'format' | 'url'>
    boot: Readonly<{ commandLine: string; os?: Pick<BootSummary['os'], 'id' | 'versionId'> }>
    warnings: readonly string[]
  }>

const STORED = object<Pick<StoredFile, 'file' | 'sizeBytes'>>({ file: text, sizeBytes: wholeNumber })

const BOOT_SET = object<BootSet>({
  schema: oneOf('anneal.boot/1'),
  source: optional(object<NonNullable<BootSet['source']>>({ name: text })),
  kernel: optional(STORED),
  ramdisk: optional(STORED),
  base: optional(
    object<NonNullable<BootSet['base']>>({
      file: text,
      holds: oneOf('filesystem', 'lvm2', 'disk'),
      sizeBytes: wholeNumber,
    }),
  ),
  live: optional(
    object<NonNullable<BootSet['live']>>({
      file: text,
      sizeBytes: wholeNumber,
      format: oneOf('squashfs', 'erofs'),
      url: optional(text),
    }),
  ),
  boot: object<BootSet['boot']>({
    commandLine: text,
    os: optional(
      object<NonNullable<BootSet['boot']['os']>>({ id: optional(text), versionId: optional(text) }),
    ),
  }),
  warnings: listOf(text),
})

/** The files of a boot.json, and how they boot. Throws DOCUMENT_INVALID. */
export function decodeBootSet(source: string): BootSet {
  return decodeText('boot.json', source, BOOT_SET)
}
