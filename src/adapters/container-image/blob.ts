import { createHash } from 'node:crypto'
import type { ByteSource } from '../../bytes/index.ts'
import type { Descriptor } from '../../formats/oci/index.ts'
import { streamOf } from '../image-source/index.ts'
import { raise } from './errors.ts'

/** The bytes of a blob as they are kept or sent. */
export type BlobBytes = Readonly<{
  /** From its first byte to its last, as often as it is asked for. */
  stream: (signal?: AbortSignal) => AsyncIterable<Uint8Array>
  /** Where it can be read at any place. */
  source?: ByteSource
}>

/** Which blob of which image, for messages. */
export type BlobName = Readonly<{ what: string; image: string }>

/** A blob that lies in a file. */
export function blobIn(source: ByteSource): BlobBytes {
  return { source, stream: (signal) => streamOf(source, signal) }
}

/** `sha256:…` of what it was given. */
export class DigestOf {
  readonly #algorithm: string
  readonly #hash

  /** With the algorithm of another digest. */
  constructor(like: string) {
    this.#algorithm = like.startsWith('sha512:') ? 'sha512' : 'sha256'
    this.#hash = createHash(this.#algorithm)
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes)
  }

  end(): string {
    return `${this.#algorithm}:${this.#hash.digest('hex')}`
  }
}

/** The blob's bytes as they come; at their end they had the size and the digest that were said, or it throws. */
export async function* checked(
  blob: BlobBytes,
  expected: Pick<Descriptor, 'digest'> & Readonly<{ sizeBytes?: number }>,
  name: BlobName,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  const digest = new DigestOf(expected.digest)
  let size = 0
  for await (const chunk of blob.stream(signal)) {
    size += chunk.length
    if (expected.sizeBytes !== undefined && size > expected.sizeBytes) {
      throw raise('CONTAINER_SIZE_MISMATCH', {
        ...name,
        found: `more than ${expected.sizeBytes}`,
        expected: expected.sizeBytes,
      })
    }
    digest.update(chunk)
    yield chunk
  }
  if (expected.sizeBytes !== undefined && size !== expected.sizeBytes) {
    throw raise('CONTAINER_SIZE_MISMATCH', { ...name, found: size, expected: expected.sizeBytes })
  }
  const found = digest.end()
  if (found !== expected.digest) {
    throw raise('CONTAINER_DIGEST_MISMATCH', { ...name, found, expected: expected.digest })
  }
}

/** A small blob in memory: a manifest, a configuration. */
export async function readChecked(
  blob: BlobBytes,
  expected: Pick<Descriptor, 'digest' | 'sizeBytes'>,
  name: BlobName,
  limitBytes: number,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  if (expected.sizeBytes > limitBytes) throw raise('CONTAINER_DOCUMENT_TOO_LARGE', { ...name, limitBytes })
  const parts: Uint8Array[] = []
  for await (const part of checked(blob, expected, name, signal)) parts.push(part)
  return Buffer.concat(parts)
}
