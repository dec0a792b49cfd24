import type { ChunkConverter, Visibility } from '../../../ports/index.ts'
import type { Role } from '../sets/index.ts'
import type { UploadWorld } from './upload-image.ts'

export type PushWorld = UploadWorld &
  Readonly<{ chunks: ChunkConverter; /** In hex, of a text. */ sha256: (text: string) => string }>

export type PushWishes = Readonly<{
  /** Of the base; kernel and ramdisk have it with `-kernel` and `-ramdisk` behind it. */
  name: string
  containerFormat: string
  diskFormat: string
  visibility: Visibility
  protection: 'protected' | 'open'
  /** Beside those that follow from the image; they win over `os_distro` and `os_version`. */
  properties: Readonly<Record<string, string>>
  /** `plan`: nothing in the store changes. */
  mode: 'apply' | 'plan'
}>

export type PushedImage = Readonly<{
  role: Role
  name: string
  /** Undefined for what a plan would upload. */
  id?: string
  outcome: 'uploaded' | 'kept' | 'would be uploaded'
  sizeBytes: number
  /** What the store has been sent; the zeros of free space are in it. */
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
  | { event: 'sent'; role: Role; sentBytes: number; sizeBytes: number }
  | ({ event: 'image' } & PushedImage)
>
