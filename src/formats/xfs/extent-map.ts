import type { Cursor } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import type { Fork } from './inode.ts'
import { badField, badMagic, byteOfBlock, isBlockRange, readMeta, verifySelf } from './volume.ts'
import type { Volume } from './volume.ts'

/** A run of blocks of a file, in blocks. Runs are in order and do not overlap; between them are holes. */
export type Mapping = Readonly<{
  fileBlock: number
  block: number
  count: number
  /** Set aside, but never written: reads as zeros. */
  unwritten: boolean
}>

/** What a fork maps, in order; a whole one in memory is bounded by this many runs. */
const MOST_MAPPINGS = 1_048_576
/** 254 entries in the smallest useful node: eight levels map more than any file can have. */
const MOST_LEVELS = 9
const RECORD_BYTES = 16
const MAGIC_V4 = 0x42_4d_41_50
const MAGIC_V5 = 0x42_4d_41_33

/** A node or leaf of the B+tree of a fork (xfs_btree_block, long form). */
const SELF = { crcAt: 64, uuidAt: 40, blockNumberAt: 24, ownerAt: 56 } as const
const STRUCTURE = 'a block of an extent B+tree (xfs_bmbt)'

/** All of them. Throws XFS_TOO_MANY_EXTENTS above 1 Mi, and XFS_BAD_… where the tree is not sound. */
export async function readMappings(
  volume: Volume,
  inode: number,
  fork: Fork,
  signal?: AbortSignal,
): Promise<readonly Mapping[]> {
  const all: Mapping[] = []
  for await (const some of walkMappings(volume, inode, fork, signal)) {
    if (all.length + some.length > MOST_MAPPINGS) {
      throw raise('XFS_TOO_MANY_EXTENTS', { inode, limit: MOST_MAPPINGS })
    }
    for (const one of some) all.push(one)
  }
  return all
}

/** The runs of a fork, leaf by leaf. */
export async function* walkMappings(
  volume: Volume,
  inode: number,
  fork: Fork,
  signal?: AbortSignal,
): AsyncGenerator<readonly Mapping[], void, undefined> {
  const { cursor, format } = fork
  if (format === 'extents') {
    const room = Math.floor(cursor.length / RECORD_BYTES)
    if (fork.extents > room) {
      throw badField(cursor, 0, 'the number of extents', fork.extents, `at most ${room}`)
    }
    yield readRecords(volume, cursor, 0, fork.extents, 0)
  } else if (format === 'btree') {
    let next = 0
    for await (const some of walkTree(volume, inode, fork, signal)) {
      const [first] = some
      const last = some.at(-1)
      if (first === undefined || last === undefined) continue
      if (first.fileBlock < next) {
        throw badField(cursor, 0, 'the order of extents', first.fileBlock, `${next} or more`)
      }
      next = last.fileBlock + last.count
      yield some
    }
  }
}

/** Depth first; every step goes down one level, and keys only grow, so that no block is met twice. */
async function* walkTree(
  volume: Volume,
  inode: number,
  { cursor }: Fork,
  signal?: AbortSignal,
): AsyncGenerator<readonly Mapping[], void, undefined> {
  const level = cursor.u16be(0)
  const count = cursor.u16be(2)
  const room = Math.floor((cursor.length - 4) / RECORD_BYTES)
  if (level < 1 || level > MOST_LEVELS) throw badField(cursor, 0, 'bb_level', level, `1 to ${MOST_LEVELS}`)
  if (count < 1 || count > room) throw badField(cursor, 2, 'bb_numrecs', count, `1 to ${room}`)
  const stack = [{ level, children: childrenOf(cursor, 4, room, count) }]
  for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
    const child = top.children.shift()
    if (child === undefined) {
      stack.pop()
      continue
    }
    const block = await readTreeBlock(volume, inode, child.block, top.level - 1, signal)
    const header = volume.geometry.v5 ? 72 : 24
    const most = Math.floor((block.length - header) / RECORD_BYTES)
    const entries = block.u16be(6)
    if (entries < 1 || entries > most) throw badField(block, 6, 'bb_numrecs', entries, `1 to ${most}`)
    const first = firstKey(block, header)
    if (first !== child.key) throw badField(block, header, 'the first key', first, child.key)
    if (top.level === 1) yield readRecords(volume, block, header, entries, 0)
    else stack.push({ level: top.level - 1, children: childrenOf(block, header, most, entries) })
  }
}

async function readTreeBlock(
  volume: Volume,
  inode: number,
  block: number,
  level: number,
  signal?: AbortSignal,
): Promise<Cursor> {
  const { geometry } = volume
  if (!isBlockRange(geometry, block, 1)) {
    throw raise('XFS_BAD_FIELD', {
      structure: STRUCTURE,
      offsetBytes: 0,
      field: 'a pointer',
      found: block,
      expected: `a block of the file system (inode ${inode})`,
    })
  }
  const cursor = await readMeta(volume, byteOfBlock(geometry, block), geometry.blockSize, STRUCTURE, signal)
  const magic = geometry.v5 ? MAGIC_V5 : MAGIC_V4
  if (cursor.u32be(0) !== magic) throw badMagic(cursor, cursor.u32be(0), magic)
  verifySelf(volume, cursor, SELF, inode)
  if (cursor.u16be(4) !== level) throw badField(cursor, 4, 'bb_level', cursor.u16be(4), level)
  return cursor
}

type Child = Readonly<{ key: number; block: number }>

/** Keys stand first, pointers behind the room for all keys. Throws unless keys grow. */
function childrenOf(cursor: Cursor, at: number, room: number, count: number): Child[] {
  const children: Child[] = []
  let before = -1
  for (let index = 0; index < count; index += 1) {
    const key = cursor.safe64be(at + index * 8)
    if (key <= before) throw badField(cursor, at + index * 8, 'a key', key, `more than ${before}`)
    children.push({ key, block: cursor.safe64be(at + room * 8 + index * 8) })
    before = key
  }
  return children
}

function firstKey(block: Cursor, header: number): number {
  if (block.u16be(4) > 0) return block.safe64be(header)
  return fileBlockAt(block, header)
}

/** l0: flag 1, offset 54, block 9; l1: block 43, count 21 (xfs_bmbt_rec). */
function readRecords(
  volume: Volume,
  cursor: Cursor,
  at: number,
  count: number,
  from: number,
): readonly Mapping[] {
  const mappings: Mapping[] = []
  let next = from
  for (let index = 0; index < count; index += 1) {
    const record = at + index * RECORD_BYTES
    const high = cursor.u32be(record)
    const middle = cursor.u32be(record + 4)
    const low = cursor.u32be(record + 12)
    const fileBlock = fileBlockAt(cursor, record)
    const block = (middle & 0x1ff) * 0x800_0000_0000 + cursor.u32be(record + 8) * 0x800 + (low >>> 21)
    const length = low & 0x1f_ff_ff
    if (fileBlock < next) {
      throw badField(cursor, record, 'the offset of an extent', fileBlock, `${next} or more`)
    }
    if (!isBlockRange(volume.geometry, block, length)) {
      throw badField(cursor, record, 'an extent', `${length} blocks at ${block}`, 'blocks of one group')
    }
    mappings.push({ fileBlock, block, count: length, unwritten: high >>> 31 === 1 })
    next = fileBlock + length
  }
  return mappings
}

function fileBlockAt(cursor: Cursor, record: number): number {
  const high = cursor.u32be(record) & 0x7fff_ffff
  if (high >= 0x4000_0000) throw badField(cursor, record, 'the offset of an extent', '2^53 or more', 'less')
  return high * 0x80_0000 + (cursor.u32be(record + 4) >>> 9)
}

/** The run that holds a block of the file; undefined in a hole. */
export function findMapping(mappings: readonly Mapping[], fileBlock: number): Mapping | undefined {
  let low = 0
  let high = mappings.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const one = mappings[middle]
    if (one !== undefined && one.fileBlock + one.count <= fileBlock) low = middle + 1
    else high = middle
  }
  const found = mappings[low]
  return found !== undefined && found.fileBlock <= fileBlock ? found : undefined
}
