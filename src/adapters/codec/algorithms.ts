import { hash } from 'node:crypto'
import { constants, inflateRawSync, zstdDecompressSync } from 'node:zlib'
import type { Algorithms } from '../../bytes/index.ts'
import { readFrame } from '../../formats/zstd/index.ts'
import { unpack } from './unpack.ts'

/** A window is memory that a frame asks for: no file system compresses pieces that need a larger one. */
const LARGEST_WINDOW_LOG = 20

/** Of Node, and of @noble/hashes for BLAKE2b with 256 bits, which Node's OpenSSL does not offer. */
export const ALGORITHMS: Algorithms = {
  inflateRaw(bytes, into) {
    return place(inflateRawSync(bytes, roomFor(into)), into)
  },
  zstd(bytes, into) {
    // Node refuses what follows a frame.
    const { lengthBytes } = readFrame(bytes)
    const params = { [constants.ZSTD_d_windowLogMax]: LARGEST_WINDOW_LOG }
    return place(zstdDecompressSync(bytes.subarray(0, lengthBytes), { ...roomFor(into), params }), into)
  },
  unpack,
  async digest(name) {
    // In one call: most of what is digested is a block.
    if (name !== 'blake2b-256') return (bytes) => hash(name, bytes, 'buffer')
    const { blake2b } = await import('@noble/hashes/blake2.js')
    return (bytes) => blake2b(bytes, { dkLen: 32 })
  },
}

/** One byte more than is needed: a chunk that is filled makes Node allocate the next. */
function roomFor(into: Uint8Array): Readonly<{ chunkSize: number; maxOutputLength: number }> {
  return { chunkSize: Math.max(into.length + 1, 64), maxOutputLength: Math.max(into.length, 1) }
}

function place(bytes: Uint8Array, into: Uint8Array): number {
  into.set(bytes)
  return bytes.length
}
