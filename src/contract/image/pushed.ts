/** What an upload to Glance is. */
export type PushRole = 'kernel' | 'ramdisk' | 'base'

/** What `anneal image push` has sent to Glance. */
export type PushDocument = Readonly<{
  schema: 'anneal.push/1'
  /** Nothing was changed: the document says what would be. */
  dryRun: boolean
  /** Digest that the images of one push have in common. */
  set: string
  /** Kernel, ramdisk, base; a whole disk is one base. Of a live set its boot.json takes the place of the base. */
  images: readonly SentImage[]
  /** Images that an interrupted push of the same set had left, and that are gone now. */
  removed: readonly Readonly<{ id: string; name: string }>[]
  /** Of all images. */
  sentBytes: number
  tookMs: number
}>

export type SentImage = Readonly<{
  role: PushRole
  name: string
  /** Id in Glance; absent for what a dry run would upload. */
  id?: string
  outcome: 'uploaded' | 'kept' | 'would be uploaded'
  /** `raw`, `qcow2`, `aki`, `ari` or `ami`. */
  diskFormat: string
  /** Of what it holds: a disk, a file system, a file. */
  sizeBytes: number
  /** What Glance was sent. In a raw base the zeros of free space are sent; in a qcow2 they are not. */
  sentBytes: number
  tookMs: number
  /** 128 hexadecimal digits. */
  sha512?: string
}>

/** An image in Glance. */
export type GlanceImage = Readonly<{
  id: string
  name: string
  /** `queued`, `saving`, `active`, … */
  status: string
  visibility: string
  protected: boolean
  /** Whether it belongs to the project that is logged in, as far as that is known. */
  own: boolean
  containerFormat?: string
  diskFormat?: string
  sizeBytes?: number
  /** What Glance itself computed of the bytes that it holds; digits in hexadecimal. */
  hash?: Readonly<{ algorithm: string; value: string }>
  /** ISO 8601. */
  createdAt: string
  /** ISO 8601. */
  updatedAt: string
  properties: Readonly<Record<string, string>>
}>

/** What Anneal has pushed to Glance. */
export type PushedDocument = Readonly<{
  schema: 'anneal.pushed/1'
  /** The newest first. */
  sets: readonly PushedSet[]
  /** Images of pushes that are under way or were interrupted. */
  unfinished: readonly GlanceImage[]
  /** Kernels and ramdisks that no base names. */
  unused: readonly GlanceImage[]
}>

/** A base with the kernel and ramdisk that it names. */
export type PushedSet = Readonly<{
  base: GlanceImage
  kernel?: GlanceImage
  ramdisk?: GlanceImage
  /** What the base names and Glance does not have. */
  missing: readonly ('kernel' | 'ramdisk')[]
}>

/** What `anneal image prune` has removed. */
export type PruneDocument = Readonly<{
  schema: 'anneal.prune/1'
  /** Nothing was removed: the document says what would be. */
  dryRun: boolean
  removed: readonly JudgedImage[]
  kept: readonly JudgedImage[]
  /** How many could not be removed. */
  failed: number
}>

/** An image, and why it goes or stays. */
export type JudgedImage = Readonly<{ id: string; name: string; reason: string }>
