import { createHash } from 'node:crypto'
import type { ImageStore, NewImage, StoredImage } from '../../../../ports/index.ts'

/** Glance in memory, as far as it matters: an upload that breaks off leaves its image queued. */
export class FakeStore implements ImageStore {
  readonly images = new Map<string, StoredImage>()
  /** Of images that have any. */
  readonly bytes = new Map<string, Buffer>()
  readonly done: string[] = []
  /** Changes what arrives, before it is hashed. */
  damage: (bytes: Buffer) => Buffer = (bytes) => bytes
  /** Called before each call that changes something: to let it fail. */
  before: (call: string, image: string) => void = () => undefined
  owners: 'known' | 'unknown' = 'known'
  #created = 0

  knowsOwners(): Promise<boolean> {
    return Promise.resolve(this.owners === 'known')
  }

  async *list(): AsyncGenerator<StoredImage> {
    yield* this.images.values()
  }

  show(id: string): Promise<StoredImage | undefined> {
    return Promise.resolve(this.images.get(id))
  }

  async create(image: NewImage): Promise<StoredImage> {
    await this.#calls('create', image.name)
    this.#created += 1
    const at = new Date(Date.UTC(2026, 0, 1, 0, this.#created)).toISOString()
    const id = `image-${this.#created}`
    return this.put({ ...image, id, status: 'queued', createdAt: at, updatedAt: at })
  }

  /** An image as if somebody else had made it. */
  put(image: Partial<StoredImage> & Readonly<{ id: string; name: string }>): StoredImage {
    const at = '2026-01-01T00:00:00Z'
    const whole = {
      status: 'active',
      visibility: 'private',
      protected: false,
      own: true,
      createdAt: at,
      updatedAt: at,
      properties: {},
      ...image,
    }
    this.images.set(whole.id, whole)
    return whole
  }

  async upload(id: string, bytes: AsyncIterable<Uint8Array>): Promise<void> {
    const image = this.#get(id)
    await this.#calls('upload', image.name)
    const parts: Uint8Array[] = []
    for await (const part of bytes) parts.push(Uint8Array.from(part))
    const held = this.damage(Buffer.concat(parts))
    this.bytes.set(id, held)
    const value = createHash('sha512').update(held).digest('hex')
    this.images.set(id, {
      ...image,
      status: 'active',
      sizeBytes: held.length,
      hash: { algorithm: 'sha512', value },
    })
  }

  async change(id: string, changes: Parameters<ImageStore['change']>[1]): Promise<void> {
    const image = this.#get(id)
    await this.#calls('change', image.name)
    const { properties, ...own } = changes
    this.images.set(id, { ...image, ...own, properties: { ...image.properties, ...properties } })
  }

  async remove(id: string): Promise<void> {
    const image = this.images.get(id)
    if (image === undefined) return
    await this.#calls('remove', image.name)
    if (image.protected) throw new Error(`image ${id} is protected`)
    this.images.delete(id)
  }

  #get(id: string): StoredImage {
    const image = this.images.get(id)
    if (image === undefined) throw new Error(`no image ${id}`)
    return image
  }

  /** Not in the same turn, as a real store. */
  async #calls(call: string, image: string): Promise<void> {
    await Promise.resolve()
    this.before(call, image)
    this.done.push(`${call} ${image}`)
  }
}
