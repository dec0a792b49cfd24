import { SUPERBLOCK } from './layout.ts'
import { HASHES } from './layout.ts'
import type { VerityFacts } from './superblock.ts'

/** Where the hashes of a tree are. */
export type TreeShape = Readonly<{
  hashBytes: number
  /** From one hash to the next in a block. */
  stepBytes: number
  /** A power of two; at a block's end there may be room that nothing uses. */
  hashesPerBlock: number
  /** Where each level begins, in bytes; the first has the hashes of the data, the last is one block. None for one data block. */
  levelOffsets: readonly number[]
  endBytes: number
}>

/** lib/verity/verity_hash.c, `hash_levels`: the level of one block comes first, the one of the data last. */
export function shapeOf(facts: VerityFacts, offsetBytes: number): TreeShape {
  const { hash, hashType, hashBlockBytes, dataBlocks } = facts
  const hashBytes = HASHES[hash]
  const paddedBytes = 2 ** Math.ceil(Math.log2(hashBytes))
  const hashesPerBlock = 2 ** Math.floor(Math.log2(hashBlockBytes / hashBytes))
  const counts: number[] = []
  for (let left = dataBlocks; left > 1;) {
    left = Math.ceil(left / hashesPerBlock)
    counts.push(left)
  }
  let at = Math.ceil((offsetBytes + SUPERBLOCK.sizeBytes) / hashBlockBytes) * hashBlockBytes
  const levelOffsets: number[] = []
  for (const [level, count] of [...counts.entries()].toReversed()) {
    levelOffsets[level] = at
    at += count * hashBlockBytes
  }
  const stepBytes = hashType === 0 ? hashBytes : paddedBytes
  return { hashBytes, stepBytes, hashesPerBlock, levelOffsets, endBytes: at }
}
