import { hash } from 'node:crypto'
import { ForwardStream } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import type { LayerApplier } from '../../formats/layers/index.ts'
import { tarEntries } from '../../formats/tar/index.ts'
import { MAGIC_BYTES, decompressed, wrapperOf } from '../image-source/index.ts'
import { DigestOf, checked } from './blob.ts'
import type { BlobBytes, BlobName } from './blob.ts'
import { raise } from './errors.ts'
import type { FoundLayer } from './found-image.ts'

/** A digest is kept for each block of a layer's archive. Each later read of the block is compared with it. */
export const BLOCK_BYTES = 128 * 1024
export const BLOCK_DIGEST_BYTES = 32

export type LayerCompression = 'gzip' | 'zstd' | 'none'

/** What reading a layer once tells of it. */
export type ReadLayer = Readonly<{
  compression: LayerCompression
  /** Of the archive. */
  sizeBytes: number
  /** SHA-256 of each block, one behind the other. */
  blockDigests: Uint8Array
}>

type Options = Readonly<{
  /** Throws where the layer becomes more than it may. */
  limit: (packedBytes: number, unpackedBytes: number) => void
  onRead?: (packedBytes: number) => void
  signal?: AbortSignal
}>

/**
 * Reads a layer from its first byte to its last, and applies each entry. Holds it to its digest, its size and its diff id;
 * what was applied counts for nothing if this throws. Throws CONTAINER_…, TAR_DAMAGED, LAYER_….
 */
export async function readLayer(
  layer: FoundLayer,
  name: BlobName,
  applier: LayerApplier,
  options: Options,
): Promise<ReadLayer> {
  try {
    return await readOnce(layer, name, applier, options)
  } catch (error) {
    options.signal?.throwIfAborted()
    if (isAnnealError(error) && error.code.startsWith('CONTAINER_')) throw error
    // A blob that is not what its digest says is damaged in one way or another: the digest is the reason.
    await requireDigest(layer, name, options.signal)
    if (isAnnealError(error) && !error.code.startsWith('ZSTD_')) throw error
    const reason = error instanceof Error ? error.message : String(error)
    throw raise('CONTAINER_LAYER_PACKED', { ...name, reason }, error)
  }
}

async function requireDigest(layer: FoundLayer, name: BlobName, signal?: AbortSignal): Promise<void> {
  if (layer.digest === undefined) return
  const expected = { digest: layer.digest, ...sizeOf(layer) }
  for await (const _ of checked(layer.bytes, expected, name, signal));
}

async function readOnce(
  layer: FoundLayer,
  name: BlobName,
  applier: LayerApplier,
  { limit, onRead, signal }: Options,
): Promise<ReadLayer> {
  const blocks = new BlockDigests()
  const diffId = new DigestOf(layer.diffId)
  let packedBytes = 0
  let sizeBytes = 0
  const counted = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of packedStream(layer, name, signal)) {
      packedBytes += chunk.length
      onRead?.(packedBytes)
      yield chunk
    }
  }
  const { compression, chunks } = await unpack(counted(), name)
  const measured = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of chunks) {
      sizeBytes += chunk.length
      limit(packedBytes, sizeBytes)
      diffId.update(chunk)
      blocks.update(chunk)
      yield chunk
    }
  }
  const forward = new ForwardStream(measured(), name.what)
  try {
    for await (const entry of tarEntries(forward)) applier.apply(entry)
    await forward.drain()
  } finally {
    await forward.close()
  }
  const found = diffId.end()
  if (found !== layer.diffId) {
    const what = `${name.what}, decompressed,`
    throw raise('CONTAINER_DIGEST_MISMATCH', { image: name.image, what, found, expected: layer.diffId })
  }
  return { compression, sizeBytes, blockDigests: blocks.end() }
}

function packedStream(layer: FoundLayer, name: BlobName, signal?: AbortSignal): AsyncIterable<Uint8Array> {
  if (layer.digest === undefined) return layer.bytes.stream(signal)
  return checked(layer.bytes, { digest: layer.digest, ...sizeOf(layer) }, name, signal)
}

function sizeOf({ sizeBytes }: FoundLayer): Readonly<{ sizeBytes?: number }> {
  return sizeBytes === undefined ? {} : { sizeBytes }
}

/** The archive of a layer that was read before, from its start. */
export async function* archiveOf(
  bytes: BlobBytes,
  name: BlobName,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* (await unpack(bytes.stream(signal), name)).chunks
}

/** By the first bytes, as the engines do: media types are often wrong about it. */
async function unpack(
  packed: AsyncIterable<Uint8Array>,
  name: BlobName,
): Promise<Readonly<{ compression: LayerCompression; chunks: AsyncIterable<Uint8Array> }>> {
  const iterator = packed[Symbol.asyncIterator]()
  let start: Uint8Array = new Uint8Array(0)
  while (start.length < MAGIC_BYTES) {
    const next = await iterator.next()
    if (next.done === true) break
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value])
  }
  const all = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield start
      for (let next = await iterator.next(); next.done !== true; next = await iterator.next())
        yield next.value
    } finally {
      await iterator.return?.()
    }
  }
  const compression = wrapperOf(start)
  if (compression === undefined || compression === 'tar') return { compression: 'none', chunks: all() }
  if (compression !== 'gzip' && compression !== 'zstd') {
    await iterator.return?.()
    throw raise('CONTAINER_LAYER_PACKED', { ...name, reason: `it is compressed with ${compression}` })
  }
  return { compression, chunks: decompressed(compression, all()) }
}

/** SHA-256 of each block of a stream. */
class BlockDigests {
  readonly #block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
  #filled = 0
  #digests = new Uint8Array(64 * BLOCK_DIGEST_BYTES)
  #count = 0

  update(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length;) {
      // A block that lies in one chunk is not copied.
      if (this.#filled === 0 && chunk.length - at >= BLOCK_BYTES) {
        this.#add(chunk.subarray(at, at + BLOCK_BYTES))
        at += BLOCK_BYTES
        continue
      }
      const part = chunk.subarray(at, at + BLOCK_BYTES - this.#filled)
      this.#block.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === BLOCK_BYTES) this.#flush()
    }
  }

  end(): Uint8Array {
    if (this.#filled > 0) this.#flush()
    return this.#digests.slice(0, this.#count * BLOCK_DIGEST_BYTES)
  }

  #flush(): void {
    this.#add(this.#block.subarray(0, this.#filled))
    this.#filled = 0
  }

  #add(block: Uint8Array): void {
    const at = this.#count * BLOCK_DIGEST_BYTES
    if (at === this.#digests.length) {
      const larger = new Uint8Array(at * 2)
      larger.set(this.#digests)
      this.#digests = larger
    }
    this.#digests.set(blockDigest(block), at)
    this.#count += 1
  }
}

export function blockDigest(block: Uint8Array): Uint8Array {
  return hash('sha256', block, 'buffer')
}
