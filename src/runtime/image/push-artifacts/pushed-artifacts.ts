import type { CompressionType } from '../../../formats/qcow2/index.ts'
import type { Role } from '../sets/index.ts'

export type ArtifactWishes = Readonly<{
  /** Of the files: `NAME.qcow2`, `NAME.kernel`, … */
  name: string
  tag: string
  diskFormat: 'qcow2' | 'raw'
  /** Of the clusters of a qcow2. */
  compression: CompressionType
  /** What the machine must be; Ironic compares the architecture where it is said. */
  platform?: Readonly<{ os: string; architecture: string }>
  /** Annotations beside those that follow from the image. */
  properties: Readonly<Record<string, string>>
  /** `plan`: nothing in the registry changes. */
  mode: 'apply' | 'plan'
}>

export type PushedArtifact = Readonly<{
  role: Role
  /** Its file name. */
  title: string
  /** The annotation by which Ironic chooses. */
  diskType: string
  /** `oci://REGISTRY/NAME@sha256:…`: its manifest. */
  reference: string
  /** `sha256:…` */
  blob: string
  outcome: 'uploaded' | 'kept' | 'would be uploaded'
  /** Of what it holds: a disk, a file system, a file. */
  sizeBytes: number
  /** Of the blob. */
  blobBytes: number
  sentBytes: number
  tookMs: number
}>

export type ArtifactsPushed = Readonly<{
  /** Kernel, ramdisk, base. */
  artifacts: readonly PushedArtifact[]
  /** Of the index that the tag leads to. */
  digest: string
  tag: string
  /** What the tag led to before, where it was there. */
  tagWas?: string
}>

export type ArtifactStep = Readonly<
  | { event: 'packed'; role: Role; doneBytes: number; totalBytes: number }
  | { event: 'sent'; role: Role; sentBytes: number; sizeBytes: number }
  | ({ event: 'artifact' } & PushedArtifact)
>
