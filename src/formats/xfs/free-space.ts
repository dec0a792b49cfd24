import type { Cursor, Extent } from '../../bytes/index.ts'
import { readGroupHeader, readTreeBlock } from './group-btree.ts'
import type { GroupTree } from './group-btree.ts'
import { badField, byteOfGroupBlock, isGroupRange } from './volume.ts'
import type { Volume } from './volume.ts'

/** Free space by block number (xfs_alloc_rec). */
const BY_BLOCK: GroupTree = {
  structure: 'a block of the free space B+tree (bnobt)',
  magicV4: 0x41_42_54_42,
  magicV5: 0x41_42_33_42,
  keyBytes: 8,
  recordBytes: 8,
}

/**
 * The whole source, as `data` and `unallocated`: what the free space B+trees say. The blocks of the free list (AGFL)
 * are in no tree and so count as in use, as they are meant to.
 */
export async function* allocationOf(
  volume: Volume,
  signal?: AbortSignal,
): AsyncGenerator<Extent, void, undefined> {
  let at = 0
  for (let group = 0; group < volume.geometry.agCount; group += 1) {
    for await (const free of freeRanges(volume, group, signal)) {
      if (free.offsetBytes > at) {
        yield { offsetBytes: at, lengthBytes: free.offsetBytes - at, kind: 'data' }
      }
      yield { ...free, kind: 'unallocated' }
      at = free.offsetBytes + free.lengthBytes
    }
  }
  if (at < volume.source.size) {
    yield { offsetBytes: at, lengthBytes: volume.source.size - at, kind: 'data' }
  }
}

/** Leaves from left to right; records grow, so none is met twice, and their sum has to be what the header says. */
async function* freeRanges(
  volume: Volume,
  group: number,
  signal?: AbortSignal,
): AsyncGenerator<{ offsetBytes: number; lengthBytes: number }, void, undefined> {
  const { geometry } = volume
  const agf = await readGroupHeader(volume, group, signal)
  let next = 0
  let free = 0
  for await (const { cursor, header, count } of leaves(volume, group, agf, signal)) {
    for (let index = 0; index < count; index += 1) {
      const at = header + index * 8
      const block = cursor.u32be(at)
      const length = cursor.u32be(at + 4)
      if (block < next) throw badField(cursor, at, 'the start of a free range', block, `${next} or more`)
      if (length === 0 || !isGroupRange(geometry, group, block, length)) {
        throw badField(cursor, at, 'a free range', `${length} blocks at ${block}`, `blocks of group ${group}`)
      }
      yield {
        offsetBytes: byteOfGroupBlock(geometry, group, block),
        lengthBytes: length * geometry.blockSize,
      }
      next = block + length
      free += length
    }
  }
  if (free !== agf.freeBlocks) {
    const cursor = await readTreeBlock(
      volume,
      BY_BLOCK,
      group,
      { block: agf.byBlockRoot, level: agf.byBlockLevels - 1 },
      signal,
    )
    throw badField(cursor.cursor, 0, 'the sum of free blocks', free, agf.freeBlocks)
  }
}

type Leaf = Readonly<{ cursor: Cursor; header: number; count: number }>

async function* leaves(
  volume: Volume,
  group: number,
  agf: Readonly<{ byBlockRoot: number; byBlockLevels: number }>,
  signal?: AbortSignal,
): AsyncGenerator<Leaf, void, undefined> {
  const stack = [{ level: agf.byBlockLevels - 1, blocks: [agf.byBlockRoot] }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const block = top.blocks.shift()
    if (block === undefined) {
      stack.pop()
      continue
    }
    signal?.throwIfAborted()
    const node = await readTreeBlock(volume, BY_BLOCK, group, { block, level: top.level }, signal)
    const { cursor, header, count, room } = node
    // Only the root of an empty tree may be: so every descent meets a record, and a second one in a circle an old one.
    if (count === 0 && stack.length > 1) throw badField(cursor, 6, 'bb_numrecs', 0, '1 or more')
    if (top.level === 0) yield node
    else {
      stack.push({
        level: top.level - 1,
        blocks: Array.from({ length: count }, (_, index) => cursor.u32be(header + room * 8 + index * 4)),
      })
    }
  }
}
