import { hash } from 'node:crypto'
import { promisify } from 'node:util'
import { constants, zstdCompress } from 'node:zlib'

const compress = promisify(zstdCompress)

/** What a piece becomes: its packed bytes with their BLAKE2b-512 in hex, or nothing but the word that it is zeros. */
export type PackedPiece =
  | Readonly<{ packed: Uint8Array<ArrayBuffer>; digest: string }>
  | Readonly<{ packed?: never }>

const ZEROS: PackedPiece = {}
const ZERO_BYTES = Buffer.alloc(64 * 1024)

/** As one frame of Zstandard with its content’s size and checksum, in threads of the runtime. */
export async function pack(bytes: Uint8Array): Promise<PackedPiece> {
  if (isZero(bytes)) return ZEROS
  const frame = await compress(bytes, {
    // Room for all of it: one turn through the thread.
    chunkSize: bytes.length + (bytes.length >>> 7) + 1024,
    params: {
      [constants.ZSTD_c_compressionLevel]: 1,
      [constants.ZSTD_c_checksumFlag]: 1,
    },
    pledgedSrcSize: bytes.length,
  })
  // A copy as long as it is: the frame is a view of memory with room for all of it.
  const packed = new Uint8Array(frame)
  return { packed, digest: hash('blake2b512', packed, 'hex') }
}

function isZero(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at += ZERO_BYTES.length) {
    const block = bytes.subarray(at, at + ZERO_BYTES.length)
    if (Buffer.compare(block, ZERO_BYTES.subarray(0, block.length)) !== 0) return false
  }
  return true
}
