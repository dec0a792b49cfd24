import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { ByteSource } from '../../bytes/index.ts'
import type { ConversionWorld, Digests } from '../../ports/index.ts'
import { convertChunks } from './chunk-pool.ts'
import { filePieces } from './file-pieces.ts'
import { streamDigest } from './stream-digest.ts'
import { orderOf } from './chunk-order.ts'
import { ChunkWork } from './chunk-work.ts'

const compress = promisify(zstdCompress)

/** All that a conversion needs but its output. */
export function conversionTools(): Omit<ConversionWorld, 'folder'> {
  return {
    chunks: { convert: convertChunks, read: readSource },
    streamDigest,
    digestFile,
    sha256: (text) => createHash('sha256').update(text).digest('hex'),
    zstdOfZeros: async (lengthBytes) => Uint8Array.from(await compress(Buffer.alloc(lengthBytes))),
    smallDigest() {
      const sha256 = createHash('sha256')
      const sha512 = createHash('sha512')
      return {
        update(bytes) {
          sha256.update(bytes)
          sha512.update(bytes)
        },
        end: () => ({ sha256: sha256.digest('hex'), sha512: sha512.digest('hex') }),
      }
    },
  }
}

/** Reads a file from its start to its end. */
async function digestFile(
  path: string,
  signal: AbortSignal,
): Promise<Digests & Readonly<{ sizeBytes: number }>> {
  const sha256 = createHash('sha256')
  const sha512 = createHash('sha512')
  let sizeBytes = 0
  for await (const bytes of filePieces(path, signal)) {
    sha256.update(bytes)
    sha512.update(bytes)
    sizeBytes += bytes.length
  }
  return { sizeBytes, sha256: sha256.digest('hex'), sha512: sha512.digest('hex') }
}

const PIECE_BYTES = 1024 * 1024

/** A source from start to end, each piece in the same memory. Throws what its readers throw. */
async function* readSource(
  source: ByteSource,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const work = new ChunkWork()
  for (let offsetBytes = 0; offsetBytes < source.size; offsetBytes += PIECE_BYTES) {
    signal.throwIfAborted()
    const lengthBytes = Math.min(PIECE_BYTES, source.size - offsetBytes)
    const range = { offsetBytes, lengthBytes }
    const chunk = { ...range, used: [{ ...range, kind: 'data' } as const] }
    const order = await orderOf(source, chunk, 'write', undefined, signal)
    let bytes: Uint8Array
    try {
      bytes = work.read(order)
    } catch {
      // The reader itself says what is wrong, and where.
      bytes = await source.read(offsetBytes, lengthBytes, signal)
    }
    yield bytes
  }
}
