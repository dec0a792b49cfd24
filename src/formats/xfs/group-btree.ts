import type { Cursor } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { AGF, AGF_CRC_AT, AGF_MAGIC } from './layout.ts'
import {
  badField,
  badMagic,
  blocksOfGroup,
  byteOfGroupBlock,
  isGroupRange,
  readMeta,
  verifySelf,
} from './volume.ts'
import type { Volume } from './volume.ts'

/** One of the B+trees of an allocation group (xfs_btree_block, short form). */
export type GroupTree = Readonly<{
  structure: string
  magicV4: number
  magicV5: number
  keyBytes: number
  recordBytes: number
}>

/** XFS_BTREE_MAXLEVELS: more than the largest group can need. */
const MOST_LEVELS = 9
const SELF = { crcAt: 52, uuidAt: 32, blockNumberAt: 16 } as const

/** The free space header of a group, checked. */
export async function readGroupHeader(
  volume: Volume,
  group: number,
  signal?: AbortSignal,
): Promise<ReturnType<typeof AGF.read>> {
  const { sectorSize } = volume.geometry
  const base = byteOfGroupBlock(volume.geometry, group, 0) + sectorSize
  const cursor = await readMeta(volume, base, sectorSize, AGF.name, signal)
  const agf = AGF.read(cursor.bytes, base)
  if (agf.magic !== AGF_MAGIC) throw badMagic(cursor, agf.magic, AGF_MAGIC)
  verifySelf(volume, cursor, { crcAt: AGF_CRC_AT, uuidAt: 64 }, undefined)
  if (agf.version !== 1) throw badField(cursor, 4, 'agf_versionnum', agf.version, 1)
  if (agf.sequence !== group) throw badField(cursor, 8, 'agf_seqno', agf.sequence, group)
  const length = blocksOfGroup(volume.geometry, group)
  if (agf.length !== length) throw badField(cursor, 12, 'agf_length', agf.length, length)
  return agf
}

/** Reads a block of a tree and checks all but its records. */
export async function readTreeBlock(
  volume: Volume,
  tree: GroupTree,
  group: number,
  place: Readonly<{ block: number; level: number }>,
  signal?: AbortSignal,
): Promise<Readonly<{ cursor: Cursor; header: number; count: number; room: number }>> {
  const { geometry } = volume
  const base = byteOfGroupBlock(geometry, group, place.block)
  if (!isGroupRange(geometry, group, place.block, 1) || place.level >= MOST_LEVELS) {
    throw raise('XFS_BAD_FIELD', {
      structure: tree.structure,
      offsetBytes: byteOfGroupBlock(geometry, group, 0),
      field: 'a pointer',
      found: `block ${place.block} on level ${place.level}`,
      expected: `a block of group ${group}`,
    })
  }
  const cursor = await readMeta(volume, base, geometry.blockSize, tree.structure, signal)
  const magic = geometry.v5 ? tree.magicV5 : tree.magicV4
  if (cursor.u32be(0) !== magic) throw badMagic(cursor, cursor.u32be(0), magic)
  verifySelf(volume, cursor, SELF, undefined)
  if (geometry.v5 && cursor.u32be(48) !== group)
    throw badField(cursor, 48, 'its owner', cursor.u32be(48), group)
  const level = cursor.u16be(4)
  if (level !== place.level) throw badField(cursor, 4, 'bb_level', level, place.level)
  const header = geometry.v5 ? 56 : 16
  const entryBytes = level === 0 ? tree.recordBytes : tree.keyBytes + 4
  const room = Math.floor((cursor.length - header) / entryBytes)
  const count = cursor.u16be(6)
  if (count > room) throw badField(cursor, 6, 'bb_numrecs', count, `at most ${room}`)
  return { cursor, header, count, room }
}
