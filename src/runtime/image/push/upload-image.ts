import type { Clock, Digests, ImageStore, NewImage, StoredImage, StreamDigest } from '../../../ports/index.ts'
import { raise } from './errors.ts'
import { STATE } from '../sets/index.ts'
import type { State } from '../sets/index.ts'

export type UploadWorld = Readonly<{
  store: ImageStore
  streamDigest: () => StreamDigest & AsyncDisposable
  clock: Clock
}>

/** The next bytes of an image; without `bytes` they are so many zeros. */
export type Piece = Readonly<{ lengthBytes: number; bytes?: Uint8Array<ArrayBuffer> }>

export type Upload = Readonly<{
  image: NewImage
  sizeBytes: number
  protection: 'protected' | 'open'
  pieces: AsyncIterable<Piece>
  /** Asked when all has been sent. */
  lastProperties: () => Readonly<Record<string, string>>
  onSent: (sentBytes: number) => void
  /** Asked before the image gets its name: another one that is whole already and the same. */
  sameMeanwhile: (id: string) => Promise<StoredImage | undefined>
}>

/** `same`: another push of the same set was faster; what was sent here is gone again. */
export type Uploaded = Readonly<{ id: string; digests: Digests; tookMs: number; same?: StoredImage }>

const MOST_ZEROS = 1024 * 1024

/**
 * Puts one image into the store, under a name that says that it is not finished; it gets its own name in the same step
 * as its state, after the store's digest was compared with what was sent. Whatever fails, or an abort, removes it.
 * Throws PUSH_HASH_MISMATCH, PUSH_NOT_COMPARED, PUSH_NOT_ACTIVE and what the store refuses.
 */
export async function uploadImage(
  world: UploadWorld,
  upload: Upload,
  signal: AbortSignal,
): Promise<Uploaded> {
  const { store, clock } = world
  const { image, sizeBytes } = upload
  const startedAt = clock.monotonic()
  signal.throwIfAborted()
  const { id } = await store.create({
    ...image,
    name: unfinishedName(image.name),
    properties: { ...image.properties, [STATE]: 'uploading' satisfies State },
  })
  try {
    await using digest = world.streamDigest()
    await store.upload(id, sent(upload, digest), sizeBytes, signal)
    const digests = await digest.end()
    compare(image.name, id, await store.show(id), digests, sizeBytes)
    signal.throwIfAborted()
    const same = await upload.sameMeanwhile(id)
    if (same !== undefined) {
      await removeUnfinished(world, id)
      return { id, digests, tookMs: clock.monotonic() - startedAt, same }
    }
    await store.change(id, {
      name: image.name,
      properties: { ...upload.lastProperties(), [STATE]: 'complete' satisfies State },
      ...(upload.protection === 'protected' ? { protected: true } : {}),
    })
    return { id, digests, tookMs: clock.monotonic() - startedAt }
  } catch (error) {
    await removeUnfinished(world, id)
    throw error
  }
}

function unfinishedName(name: string): string {
  return `${name} (uploading)`
}

async function* sent(
  { pieces, onSent }: Upload,
  digest: StreamDigest,
): AsyncGenerator<Uint8Array, void, undefined> {
  let zeros: Uint8Array | undefined
  for await (const { bytes, lengthBytes } of pieces) {
    if (bytes !== undefined) {
      await digest.update(bytes)
      yield bytes
    } else {
      await digest.updateZeros(lengthBytes)
      zeros ??= new Uint8Array(MOST_ZEROS)
      for (let left = lengthBytes; left > 0; left -= MOST_ZEROS)
        yield zeros.subarray(0, Math.min(left, MOST_ZEROS))
    }
    onSent(lengthBytes)
  }
}

function compare(
  name: string,
  id: string,
  image: StoredImage | undefined,
  digests: Digests,
  sizeBytes: number,
): void {
  if (image?.status !== 'active')
    throw raise('PUSH_NOT_ACTIVE', { name, id, status: image?.status ?? 'gone' })
  const { hash } = image
  if (hash === undefined || (hash.algorithm !== 'sha512' && hash.algorithm !== 'sha256')) {
    throw raise('PUSH_NOT_COMPARED', { name, id, given: hash?.algorithm ?? 'no digest' })
  }
  const expected = digests[hash.algorithm]
  if (hash.value.toLowerCase() === expected && image.sizeBytes === sizeBytes) return
  throw raise('PUSH_HASH_MISMATCH', {
    name,
    id,
    held: `${hash.algorithm} ${hash.value} of ${image.sizeBytes ?? '?'} bytes`,
    sent: `${expected} of ${sizeBytes}`,
  })
}

const REMOVE_ATTEMPTS = 5
const REMOVE_AGAIN_MS = 500

/** The store may still be busy with the upload that broke off. What stays is found by the next push, or by prune. */
async function removeUnfinished({ store, clock }: UploadWorld, id: string): Promise<void> {
  for (let attempt = 1; attempt <= REMOVE_ATTEMPTS; attempt += 1) {
    try {
      await store.remove(id)
      return
    } catch {
      if (attempt < REMOVE_ATTEMPTS) await clock.sleep(REMOVE_AGAIN_MS)
    }
  }
}
