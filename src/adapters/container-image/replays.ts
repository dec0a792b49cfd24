import { ForwardStream } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { unwrap } from '../image-source/index.ts'
import type { OpenSource, UnwrapProgress } from '../image-source/index.ts'
import type { BlobBytes, BlobName } from './blob.ts'
import { raise } from './errors.ts'
import type { BlockReader } from './layer-contents.ts'
import { BLOCK_BYTES, archiveOf } from './read-layer.ts'
import type { LayerCompression } from './read-layer.ts'

export type ReplayOptions = Readonly<{
  /** Where a layer is decompressed to that is read here and there; undefined: nowhere. */
  directory: string | undefined
  onUnwrap?: (progress: UnwrapProgress) => void
  signal?: AbortSignal
}>

/** How often a layer is decompressed from its start again before it goes into a file. */
const MOST_RESTARTS = 2

/** A layer that can only be decompressed from its start. */
type Packed = Readonly<{
  compression: LayerCompression
  bytes: BlobBytes
  packedBytes: number
  sizeBytes: number
  name: BlobName
}>

/**
 * Reads compressed layers a second time. Whoever reads forward gets a stream; after `MOST_RESTARTS` ways back the layer
 * goes into a file without a name.
 *
 * INVARIANTS: one stream is open at a time, whatever the number of layers, as each may need 128 MiB; reads wait for each
 * other.
 */
export class Replays implements AsyncDisposable {
  readonly #options: ReplayOptions
  readonly #files = new Map<Packed, OpenSource>()
  readonly #restarts = new Map<Packed, number>()
  #open: Readonly<{ layer: Packed; stream: ForwardStream }> | undefined
  #queue: Promise<unknown> = Promise.resolve()

  constructor(options: ReplayOptions) {
    this.#options = options
  }

  /** Throws CONTAINER_NEEDS_TEMPORARY, IMAGE_NO_SPACE and what the blob's bytes throw. */
  readerOf(layer: Packed): BlockReader {
    return (index, lengthBytes) => this.#inTurn(() => this.#read(layer, index * BLOCK_BYTES, lengthBytes))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
    for (const file of this.#files.values()) await file[Symbol.asyncDispose]()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work)
    this.#queue = turn.catch(() => undefined)
    return turn
  }

  async #read(layer: Packed, offset: number, length: number): Promise<Uint8Array> {
    const file = this.#files.get(layer)
    if (file !== undefined) return file.read(offset, length)
    const open = this.#open
    if (open?.layer !== layer || open.stream.position > offset) {
      const restarts = (this.#restarts.get(layer) ?? 0) + 1
      this.#restarts.set(layer, restarts)
      if (restarts > MOST_RESTARTS) return (await this.#unwrapped(layer)).read(offset, length)
      await this.#close()
      const { bytes, name } = layer
      const stream = new ForwardStream(archiveOf(bytes, name, this.#options.signal), name.what)
      this.#open = { layer, stream }
    }
    const stream = this.#open?.stream
    const reached = stream !== undefined && (await stream.skip(offset - stream.position))
    const block = reached ? await stream.take(length) : undefined
    if (block === undefined) throw raise('CONTAINER_LAYER_CHANGED', layer.name)
    return new Uint8Array(block)
  }

  async #unwrapped(layer: Packed): Promise<ByteSource> {
    await this.#close()
    const { directory, onUnwrap, signal } = this.#options
    const { bytes, compression, name, packedBytes } = layer
    if (directory === undefined) throw raise('CONTAINER_NEEDS_TEMPORARY', name)
    const file = await unwrap(
      {
        name: `${name.what} of ${name.image}`,
        packedBytes,
        wrapper: compression === 'none' ? 'tar' : compression,
        unpacked: (onRead) => told(archiveOf(bytes, name, signal), onRead, layer),
      },
      { directory, ...(onUnwrap && { onProgress: onUnwrap }), ...(signal && { signal }) },
    )
    this.#files.set(layer, file)
    return file
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    await open?.stream.close()
  }
}

/** Tells how far it is, in bytes of the packed layer: as far as its archive is. */
async function* told(
  chunks: AsyncIterable<Uint8Array>,
  onRead: (doneBytes: number) => void,
  { packedBytes, sizeBytes }: Packed,
): AsyncGenerator<Uint8Array, void, undefined> {
  let done = 0
  for await (const chunk of chunks) {
    done += chunk.length
    onRead(Math.round((done / Math.max(1, sizeBytes)) * packedBytes))
    yield chunk
  }
}
