/** An image as its store shows it. */
export type StoredImage = Readonly<{
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
  /** What the store itself computed of the bytes it holds; digits in hex. */
  hash?: Readonly<{ algorithm: string; value: string }>
  /** ISO 8601. */
  createdAt: string
  updatedAt: string
  properties: Readonly<Record<string, string>>
}>

export type Visibility = 'public' | 'community' | 'shared' | 'private'

export type NewImage = Readonly<{
  name: string
  containerFormat: string
  diskFormat: string
  visibility: Visibility
  properties: Readonly<Record<string, string>>
  /** What a machine needs that boots it, as Glance’s `min_ram` has it: MiB. */
  minRamMb?: number
}>

/** A registry that images are put into. */
export interface ImageStore {
  /** Whether the store says who owns an image: without a login there is no project, and `own` is true of every image. */
  knowsOwners(): Promise<boolean>
  /** Every image that one may see, oldest first. */
  list(): AsyncIterable<StoredImage>
  show(id: string): Promise<StoredImage | undefined>
  /** A record without bytes. */
  create(image: NewImage): Promise<StoredImage>
  /** An upload that breaks off leaves the image `queued`. */
  upload(id: string, bytes: AsyncIterable<Uint8Array>, sizeBytes: number, signal: AbortSignal): Promise<void>
  /** All of it in one step, or nothing. */
  change(
    id: string,
    changes: Readonly<{ name?: string; protected?: boolean; properties?: Readonly<Record<string, string>> }>,
  ): Promise<void>
  /** Also succeeds where it is gone already. */
  remove(id: string): Promise<void>
}
