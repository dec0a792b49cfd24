import { Cursor } from '../../bytes/index.ts'
import { INODE } from './inode.ts'
import type { Inode } from './inode.ts'
import { RunList } from './run.ts'
import type { Run } from './run.ts'
import { readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

const DIRECT = 12
/** Indirect blocks that are read at a time: bounds memory. */
const BLOCKS_AT_A_TIME = 256

/**
 * The runs of an inode without extents: twelve direct blocks, then one block of block numbers, one of blocks of them,
 * and one of blocks of those (https://docs.kernel.org/filesystems/ext4/dynamic.html#direct-indirect-block-addressing).
 * Nothing behind the file's size is read.
 */
export async function readBlockMap(
  volume: Volume,
  inode: Inode,
  signal?: AbortSignal,
): Promise<readonly Run[]> {
  const { blockBytes } = volume.superblock
  const list = new RunList(volume, inode)
  const needed = Math.ceil(inode.sizeBytes / blockBytes)
  const fanOut = blockBytes / 4

  /** `numbers` are blocks of `level` (0: of the file itself), the first of which maps the logical block `start`. */
  const walk = async (numbers: Cursor, level: number, start: number): Promise<void> => {
    const span = fanOut ** level
    const count = Math.min(numbers.length / 4, Math.ceil((needed - start) / span))
    const present: { block: number; logical: number }[] = []
    for (let index = 0; index < count; index += 1) {
      const block = numbers.u32le(index * 4)
      if (block === 0) continue
      const place = { structure: 'block map', offsetBytes: numbers.base + index * 4 }
      const logical = start + index * span
      if (level === 0) {
        list.add({ logical, physical: block, count: 1, unwritten: false }, place)
      } else {
        list.visit(block, place)
        present.push({ block, logical })
      }
    }
    for (let at = 0; at < present.length; at += BLOCKS_AT_A_TIME) {
      const some = present.slice(at, at + BLOCKS_AT_A_TIME)
      const blocks = await readBlocks(
        volume,
        some.map(({ block }) => block),
        signal,
      )
      for (const [index, { block, logical }] of some.entries()) {
        const bytes = blocks[index] ?? new Uint8Array(0)
        await walk(new Cursor(bytes, 'block map', block * blockBytes), level - 1, logical)
      }
    }
  }

  const root = new Cursor(inode.blockArea, 'block map', inode.offsetBytes + INODE.block)
  await walk(root.sub(0, DIRECT * 4, 'block map'), 0, 0)
  let start = DIRECT
  for (let level = 1; level <= 3 && start < needed; level += 1) {
    const at = (DIRECT + level - 1) * 4
    await walk(root.sub(at, 4, 'block map'), level, start)
    start += fanOut ** level
  }
  return list.runs
}
