import type { CompressionType } from '../../../formats/qcow2/index.ts'
import type { ChunkConverter, ScratchFile, Visibility } from '../../../ports/index.ts'
import type { Conversion } from '../convert-image.ts'
import type { Role } from '../sets/index.ts'
import type { UploadWorld } from './upload-image.ts'

export type PushWorld = UploadWorld &
  Readonly<{
    chunks: ChunkConverter
    /** In hex, of a text. */
    sha256: (text: string) => string
    /** For what is packed before it is sent. */
    scratch: () => Promise<ScratchFile>
  }>

/** What is pushed: of a conversion all that tells one from another, and what is said of it. */
export type PushSource = Pick<Conversion, 'kernel' | 'ramdisk'> &
  Readonly<{
    base: Pick<Conversion['base'], 'pieces' | 'patches' | 'sectorSizeBytes'> &
      /** `live`: the system is in the ramdisk, or at an address of its command line; what takes the place of a base is its boot.json. */
      Readonly<{ holds: Conversion['base']['holds'] | 'live' }>
    about: Readonly<{
      source: Pick<Conversion['about']['source'], 'name'>
      boot: Pick<Conversion['about']['boot'], 'commandLine' | 'os' | 'firmware' | 'deployment'>
    }>
  }>

export type PushWishes = Readonly<{
  /** Of the base; kernel and ramdisk have it with `-kernel` and `-ramdisk` behind it. */
  name: string
  containerFormat: string
  /** `qcow2`: the base is sent packed, without free space. */
  diskFormat: string
  /** Of the clusters of a qcow2. */
  compression: CompressionType
  visibility: Visibility
  protection: 'protected' | 'open'
  /** Beside those that follow from the image; they win over `os_distro` and `os_version`. */
  properties: Readonly<Record<string, string>>
  /** `plan`: nothing in the store changes. */
  mode: 'apply' | 'plan'
  /** Memory that a machine needs for it, MiB. */
  leastMemoryMib?: number
}>

export type PushedImage = Readonly<{
  role: Role
  name: string
  /** Undefined for what a plan would upload. */
  id?: string
  outcome: 'uploaded' | 'kept' | 'would be uploaded'
  /** `raw`, `qcow2`, `aki`, … */
  diskFormat: string
  /** Of what it holds: a disk, a file system, a file. */
  sizeBytes: number
  /** What the store has been sent. In a raw base the zeros of free space are sent; in a qcow2 they are not. */
  sentBytes: number
  tookMs: number
  sha512?: string
}>

export type Pushed = Readonly<{
  set: string
  /** Kernel, ramdisk, base. */
  images: readonly PushedImage[]
  /** What an interrupted push of the same set had left, and is gone. */
  removed: readonly Readonly<{ id: string; name: string }>[]
}>

export type PushStep = Readonly<
  | { event: 'removed'; id: string; name: string }
  | { event: 'busy'; id: string; name: string }
  | { event: 'packed'; role: Role; doneBytes: number; totalBytes: number }
  | { event: 'sent'; role: Role; sentBytes: number; sizeBytes: number }
  | ({ event: 'image' } & PushedImage)
>
