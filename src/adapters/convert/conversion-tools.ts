import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import type { ConversionWorld } from '../../ports/index.ts'
import { convertChunks } from './chunk-pool.ts'
import { readSource } from './read-source.ts'
import { digestFile } from './digest-file.ts'
import { streamDigest } from './stream-digest.ts'

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
