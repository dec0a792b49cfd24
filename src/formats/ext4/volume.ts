import type { ByteSource } from '../../bytes/index.ts'
import type { Superblock } from './superblock.ts'

/** What everything in this folder reads from. */
export type Volume = Readonly<{
  superblock: Superblock
  /** For content, which is streamed. */
  source: ByteSource
  /** The same bytes through a cache: for metadata. */
  metadata: ByteSource
}>

/** The longest read that neighbouring blocks are joined into. */
const LONGEST_READ = 1 << 20
/** How many reads run at a time: enough to hide a network's round trip, few enough to bound memory. */
const READS_AT_A_TIME = 16

/** Whether blocks `first` to `first + count - 1` lie in the file system, behind its boot block. */
export function holdsBlocks({ superblock }: Volume, first: number, count = 1): boolean {
  return (
    first >= superblock.fields.firstDataBlock && first > 0 && count > 0 && first + count <= superblock.blocks
  )
}

/**
 * Metadata blocks that are checked to lie in the file system, in the order asked for. Neighbours come in one read, and
 * reads overlap.
 */
export async function readBlocks(
  volume: Volume,
  blocks: readonly number[],
  signal?: AbortSignal,
): Promise<Uint8Array[]> {
  const { blockBytes } = volume.superblock
  const most = Math.max(1, LONGEST_READ / blockBytes)
  const spans: { index: number; first: number; count: number }[] = []
  for (const [index, block] of blocks.entries()) {
    const last = spans.at(-1)
    if (last !== undefined && last.first + last.count === block && last.count < most) last.count += 1
    else spans.push({ index, first: block, count: 1 })
  }
  const found: Uint8Array[] = []
  for (let at = 0; at < spans.length; at += READS_AT_A_TIME) {
    await Promise.all(
      spans.slice(at, at + READS_AT_A_TIME).map(async ({ index, first, count }) => {
        const bytes = await volume.metadata.read(first * blockBytes, count * blockBytes, signal)
        for (let part = 0; part < count; part += 1) {
          found[index + part] = bytes.subarray(part * blockBytes, (part + 1) * blockBytes)
        }
      }),
    )
  }
  return found
}

/** The four bytes of a number, for checksums that begin with one. */
export function le32(value: number): Uint8Array {
  return Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24)
}
