import { checkRange } from '../../bytes/index.ts'
import type { ByteSource, Units } from '../../bytes/index.ts'
import type { BlobName } from './blob.ts'
import { raise } from './errors.ts'
import { BLOCK_BYTES, BLOCK_DIGEST_BYTES, blockDigest } from './read-layer.ts'
import type { ReadLayer } from './read-layer.ts'

/** A block of a layer's archive, not checked yet. */
export type BlockReader = (index: number, lengthBytes: number) => Promise<Uint8Array>

/** What is kept of all layers together. */
export const KEPT_LAYER_BYTES = 8 * 1024 * 1024

/**
 * A layer's archive, of which each byte is what it was when the digest of the whole layer was checked: a file that is written
 * to meanwhile, or a registry that sends something else the second time, is an error and never content.
 */
export function layerContents(
  { sizeBytes, blockDigests }: ReadLayer,
  name: BlobName,
  kept: Units,
  readBlock: BlockReader,
): ByteSource {
  const blockOf = (index: number): Promise<Uint8Array> =>
    kept.get(`${name.what} ${index}`, BLOCK_BYTES, async () => {
      const lengthBytes = Math.min(BLOCK_BYTES, sizeBytes - index * BLOCK_BYTES)
      const block = await readBlock(index, lengthBytes)
      const at = index * BLOCK_DIGEST_BYTES
      const expected = blockDigests.subarray(at, at + BLOCK_DIGEST_BYTES)
      if (block.length !== lengthBytes || Buffer.compare(blockDigest(block), expected) !== 0) {
        throw raise('CONTAINER_LAYER_CHANGED', name)
      }
      return block
    })
  return {
    size: sizeBytes,
    name: `${name.what} of "${name.image}"`,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      const out = new Uint8Array(length)
      for (let at = offset; at < offset + length;) {
        signal?.throwIfAborted()
        const index = Math.floor(at / BLOCK_BYTES)
        const start = at - index * BLOCK_BYTES
        const part = (await blockOf(index)).subarray(start, start + offset + length - at)
        out.set(part, at - offset)
        at += part.length
      }
      return out
    },
  }
}
