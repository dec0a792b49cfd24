import { Cursor } from '../../bytes/index.ts'
import { badField } from './errors.ts'
import { METADATA_BYTES } from './layout.ts'
import type { Table } from './superblock.ts'
import { readMetadataBlock } from './volume.ts'
import type { StoredBlock, Volume } from './volume.ts'

/**
 * Tables of entries of one length in metadata blocks, which an index of 64-bit places finds: ids, fragments, and what
 * extended attributes an inode has.
 */
export async function tableEntry(
  volume: Volume,
  table: Table,
  index: number,
  entryBytes: number,
  structure: string,
): Promise<Cursor> {
  if (index >= table.entries)
    throw badField(structure, table.indexAt, 'an index', index, `less than ${table.entries}`)
  const perBlock = METADATA_BYTES / entryBytes
  const pointerAt = table.indexAt + Math.floor(index / perBlock) * 8
  if (pointerAt + 8 > volume.geometry.bytesUsed)
    throw badField(
      structure,
      pointerAt,
      'the end of its index',
      pointerAt + 8,
      `at most ${volume.geometry.bytesUsed}`,
    )
  const pointer = new Cursor(await volume.near.read(pointerAt, 8), structure, pointerAt).safe64le(0)
  const { bytes } = await readMetadataBlock(volume, pointer)
  return new Cursor(bytes, structure, pointer).sub((index % perBlock) * entryBytes, entryBytes, structure)
}

/** The user or group id of a number in an inode. */
export async function idAt(volume: Volume, index: number): Promise<number> {
  const known = volume.ids.get(index)
  if (known !== undefined) return known
  const entry = await tableEntry(volume, volume.geometry.ids, index, 4, 'the table of ids')
  const id = entry.u32le(0)
  volume.ids.set(index, id)
  return id
}

/** squashfs_fragment_entry: the block that tails of files share. */
export async function fragmentAt(volume: Volume, index: number): Promise<StoredBlock> {
  const table = volume.geometry.fragments ?? { indexAt: 0, entries: 0 }
  const entry = await tableEntry(volume, table, index, 16, 'the table of fragments')
  return { startBytes: entry.safe64le(0), word: entry.u32le(8) }
}
