import { isAnnealError } from '../../core/index.ts'
import { readGroupHeader, readTreeBlock } from './group-btree.ts'
import type { GroupTree } from './group-btree.ts'
import { badField, splitBlock } from './volume.ts'
import type { Volume } from './volume.ts'

/** Blocks that more than one file refers to (xfs_refcount_rec). */
const REFCOUNT: GroupTree = {
  structure: 'a block of the reference count B+tree (refcountbt)',
  magicV4: 0,
  magicV5: 0x52_33_46_43,
  keyBytes: 4,
  recordBytes: 12,
}

/**
 * Whether a run of blocks of one group has more than one owner. Blocks of one owner have no record; those that wait
 * for a copy on write have one with the highest bit of their block set, behind all others (XFS_REFC_COWFLAG).
 */
export async function isSharedRun(
  volume: Volume,
  block: number,
  count: number,
  signal?: AbortSignal,
): Promise<boolean> {
  try {
    return await hasRecord(volume, block, count, signal)
  } catch (error) {
    // A tree that is not sound proves nothing.
    if (isAnnealError(error) && error.code.startsWith('XFS_BAD_')) return true
    throw error
  }
}

async function hasRecord(
  volume: Volume,
  block: number,
  count: number,
  signal?: AbortSignal,
): Promise<boolean> {
  const { group, within } = splitBlock(volume.geometry, block)
  const agf = await readGroupHeader(volume, group, signal)
  const end = within + count
  let place = { block: agf.refcountRoot, level: agf.refcountLevels - 1 }
  for (;;) {
    const {
      cursor,
      header,
      count: entries,
      room,
    } = await readTreeBlock(volume, REFCOUNT, group, place, signal)
    const stride = place.level === 0 ? REFCOUNT.recordBytes : REFCOUNT.keyBytes
    const index = lastBelow(entries, end, (entry) => cursor.u32be(header + entry * stride))
    if (index < 0) return false
    if (place.level > 0) {
      place = {
        block: cursor.u32be(header + room * REFCOUNT.keyBytes + index * 4),
        level: place.level - 1,
      }
      continue
    }
    const at = header + index * stride
    const length = cursor.u32be(at + 4)
    if (cursor.u32be(at + 8) < 2)
      throw badField(cursor, at + 8, 'rc_refcount', cursor.u32be(at + 8), '2 or more')
    return cursor.u32be(at) + length > within
  }
}

/** The last of `count` growing keys that is below `bound`; -1 where none is. */
function lastBelow(count: number, bound: number, keyAt: (index: number) => number): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (keyAt(middle) < bound) low = middle + 1
    else high = middle
  }
  return low - 1
}
