import { toHex } from '../../core/index.ts'
import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { verifyChecksum } from './checksum.ts'
import { raise } from './errors.ts'
import type { Geometry } from './superblock.ts'

/** An opened file system: its geometry, its bytes, and its metadata through a cache. */
export type Volume = Readonly<{ geometry: Geometry; source: ByteSource; meta: ByteSource }>

/** What every metadata block of V5 says of itself. Offsets in the block, in bytes. */
export type SelfDescription = Readonly<{
  crcAt: number
  uuidAt: number
  /** Where it lies, in sectors of 512 bytes. */
  blockNumberAt?: number
  ownerAt?: number
}>

/** The group of a block, and the block in its group. */
export function splitBlock(geometry: Geometry, block: number): { group: number; within: number } {
  const group = Math.floor(block / geometry.agStride)
  return { group, within: block - group * geometry.agStride }
}

/** How many blocks a group has: the last one may be shorter. */
export function blocksOfGroup(geometry: Geometry, group: number): number {
  return group === geometry.agCount - 1 ? geometry.blocks - group * geometry.agBlocks : geometry.agBlocks
}

/** Whether `count` blocks from `block` on lie in one group, behind its headers (xfs_verify_fsbext). */
export function isBlockRange(geometry: Geometry, block: number, count: number): boolean {
  const { group, within } = splitBlock(geometry, block)
  if (group >= geometry.agCount || count < 1) return false
  return isGroupRange(geometry, group, within, count)
}

export function isGroupRange(geometry: Geometry, group: number, within: number, count: number): boolean {
  const headers = Math.ceil((4 * geometry.sectorSize) / geometry.blockSize)
  return within >= headers && within + count <= blocksOfGroup(geometry, group)
}

/** Where a block lies in the source, in bytes. */
export function byteOfBlock(geometry: Geometry, block: number): number {
  const { group, within } = splitBlock(geometry, block)
  return byteOfGroupBlock(geometry, group, within)
}

export function byteOfGroupBlock(geometry: Geometry, group: number, within: number): number {
  return (group * geometry.agBlocks + within) * geometry.blockSize
}

/** Reads metadata. Only ranges that were checked against the geometry may be asked for. */
export async function readMeta(
  volume: Volume,
  base: number,
  length: number,
  structure: string,
  signal?: AbortSignal,
): Promise<Cursor> {
  return new Cursor(await volume.meta.read(base, length, signal), structure, base)
}

/** Throws XFS_BAD_CHECKSUM or XFS_BAD_FIELD where a V5 block is not what and where it says. Does nothing for V4. */
export function verifySelf(
  volume: Volume,
  cursor: Cursor,
  self: SelfDescription,
  owner: number | undefined,
): void {
  const { geometry } = volume
  if (!geometry.v5) return
  verifyChecksum(cursor.bytes, self.crcAt, cursor)
  const uuid = cursor.slice(self.uuidAt, 16)
  if (!equal(uuid, geometry.metaUuid)) {
    throw badField(cursor, self.uuidAt, 'the UUID of its file system', toHex(uuid), toHex(geometry.metaUuid))
  }
  if (self.blockNumberAt !== undefined) {
    const found = cursor.u64be(self.blockNumberAt)
    const expected = BigInt(cursor.base / 512)
    if (found !== expected) {
      throw badField(cursor, self.blockNumberAt, 'its own place in sectors', String(found), String(expected))
    }
  }
  if (self.ownerAt !== undefined && owner !== undefined) {
    const found = cursor.u64be(self.ownerAt)
    if (found !== BigInt(owner)) {
      throw badField(cursor, self.ownerAt, 'its owner', String(found), `inode ${owner}`)
    }
  }
}

export function badField(
  cursor: Cursor,
  at: number,
  field: string,
  found: string | number,
  expected: string | number,
): Error {
  return raise('XFS_BAD_FIELD', {
    structure: cursor.structure,
    offsetBytes: cursor.base + at,
    field,
    found,
    expected,
  })
}

export function badMagic(cursor: Cursor, found: number, expected: number): Error {
  const hex = (value: number): string => `0x${value.toString(16)}`
  return raise('XFS_BAD_MAGIC', {
    structure: cursor.structure,
    offsetBytes: cursor.base,
    found: hex(found),
    expected: hex(expected),
  })
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false
  return true
}
