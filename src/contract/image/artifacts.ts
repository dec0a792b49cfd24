import type { PushRole } from './pushed.ts'

/** What `anneal image push IMAGE oci://…` has put into a registry. */
export type ArtifactsDocument = Readonly<{
  schema: 'anneal.artifacts/1'
  /** Nothing was changed: the document says what would be. */
  dryRun: boolean
  /** `oci://REGISTRY/NAME:TAG`: what leads to all of it. */
  image: string
  /** Of the index that the tag leads to: `sha256:…`. */
  digest: string
  /** What the tag led to before; absent where it was not there. */
  tagWas?: string
  /** Kernel, ramdisk, base; a whole disk is one base. */
  artifacts: readonly SentArtifact[]
  /** Of all blobs. */
  sentBytes: number
  tookMs: number
}>

/** A file in a registry, with its manifest. */
export type SentArtifact = Readonly<{
  role: PushRole
  /** File name. */
  title: string
  /** The annotation `disktype`, by which Ironic chooses: `qcow2` and `raw` are disks. */
  diskType: string
  /** `oci://REGISTRY/NAME@sha256:…`: its manifest. */
  reference: string
  /** Digest of its bytes: `sha256:…`. */
  blob: string
  outcome: 'uploaded' | 'kept' | 'would be uploaded'
  /** Of what it holds: a disk, a file system, a file. */
  sizeBytes: number
  /** Of its bytes in the registry. */
  blobBytes: number
  sentBytes: number
  tookMs: number
}>
