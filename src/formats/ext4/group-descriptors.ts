import { at, crc32cRaw, Cursor, struct, u16le, u32le } from '../../bytes/index.ts'
import { hex, raise } from './errors.ts'
import type { Superblock } from './superblock.ts'
import { holdsBlocks, le32, readBlocks } from './volume.ts'
import type { Volume } from './volume.ts'

/** `struct ext4_group_desc`: https://docs.kernel.org/filesystems/ext4/globals.html#block-group-descriptors */
export const DESCRIPTOR = struct('ext4 group descriptor', 32, {
  blockBitmapLow: at(0x0, u32le),
  inodeBitmapLow: at(0x4, u32le),
  inodeTableLow: at(0x8, u32le),
  freeClustersLow: at(0xc, u16le),
  freeInodesLow: at(0xe, u16le),
  flags: at(0x12, u16le),
  blockBitmapChecksumLow: at(0x18, u16le),
  inodeBitmapChecksumLow: at(0x1a, u16le),
  unusedInodesLow: at(0x1c, u16le),
  checksum: at(0x1e, u16le),
})

/** The second half, where the feature 64bit is on. */
export const DESCRIPTOR_HIGH = struct('ext4 group descriptor', 64, {
  blockBitmapHigh: at(0x20, u32le),
  inodeBitmapHigh: at(0x24, u32le),
  inodeTableHigh: at(0x28, u32le),
  freeClustersHigh: at(0x2c, u16le),
  freeInodesHigh: at(0x2e, u16le),
  unusedInodesHigh: at(0x32, u16le),
  blockBitmapChecksumHigh: at(0x38, u16le),
  inodeBitmapChecksumHigh: at(0x3a, u16le),
})

const INODE_UNINIT = 1
const BLOCK_UNINIT = 2
const NO_BYTES = new Uint8Array(2)

export type GroupDescriptor = Readonly<{
  group: number
  /** First blocks. */
  blockBitmap: number
  inodeBitmap: number
  inodeTable: number
  freeClusters: number
  /** The block bitmap was never written: only the group's own metadata is in use. */
  blocksUninitialised: boolean
  blockBitmapChecksum: number
  freeInodes: number
  /** The inode bitmap was never written: no inode is in use. */
  inodesUninitialised: boolean
  inodeBitmapChecksum: number
  /** Inodes at the end of the table that were never used. 0 where descriptors carry no checksum: nobody keeps it up then. */
  unusedInodes: number
}>

/** Blocks of the descriptor table, from its `first`-th on: all of them begin with a superblock's copy or follow one. */
export function descriptorBlock({ fields, features, ...superblock }: Superblock, index: number): number {
  const { blockBytes, descriptorBytes } = superblock
  const superblockBlock = Math.floor(1024 / blockBytes)
  if (!features.has('meta_bg') || index < fields.firstMetaGroup) return superblockBlock + 1 + index
  // With meta_bg each block of descriptors lies in the first of the groups that it describes.
  const group = index * (blockBytes / descriptorBytes)
  const behindSuperblock =
    (hasSuperblock({ fields, features }, group) ? 1 : 0) +
    // Group 0 with blocks of 1 KiB: the superblock is in block 1, also where groups begin at block 0.
    (blockBytes === 1024 && index === 0 && fields.firstDataBlock === 0 ? 1 : 0)
  return fields.firstDataBlock + group * fields.blocksPerGroup + behindSuperblock
}

/** Whether a group begins with a copy of the superblock (ext4_bg_has_super in fs/ext4/balloc.c). */
export function hasSuperblock(
  { fields, features }: Pick<Superblock, 'fields' | 'features'>,
  group: number,
): boolean {
  if (group === 0) return true
  if (features.has('sparse_super2')) {
    const backups = new Cursor(fields.backupGroups, 's_backup_bgs')
    return group === backups.u32le(0) || group === backups.u32le(4)
  }
  if (group === 1 || !features.has('sparse_super')) return true
  return [3, 5, 7].some((base) => isPowerOf(base, group))
}

/** The descriptors of groups `from` to `to - 1`, in order. */
export async function readDescriptors(
  volume: Volume,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<GroupDescriptor[]> {
  const { superblock } = volume
  const { descriptorBytes, blockBytes } = superblock
  const perBlock = blockBytes / descriptorBytes
  const first = Math.floor(from / perBlock)
  const last = Math.floor((to - 1) / perBlock)
  const numbers = Array.from({ length: last - first + 1 }, (_, index) =>
    descriptorBlock(superblock, first + index),
  )
  for (const number of numbers) {
    if (number >= superblock.blocks)
      throw invalid(number, blockBytes, 'the block of the descriptor table', superblock)
  }
  const blocks = await readBlocks(volume, numbers, signal)
  const found: GroupDescriptor[] = []
  for (let group = from; group < to; group += 1) {
    const index = Math.floor(group / perBlock) - first
    const start = (group % perBlock) * descriptorBytes
    const offsetBytes = (numbers[index] ?? 0) * blockBytes + start
    const raw = (blocks[index] ?? NO_BYTES).subarray(start, start + descriptorBytes)
    found.push(parseDescriptor(volume, group, raw, offsetBytes))
  }
  return found
}

function parseDescriptor(
  volume: Volume,
  group: number,
  raw: Uint8Array,
  offsetBytes: number,
): GroupDescriptor {
  const { superblock } = volume
  const low = DESCRIPTOR.read(raw, offsetBytes)
  const high = superblock.descriptorBytes >= 64 ? DESCRIPTOR_HIGH.read(raw, offsetBytes) : undefined
  const expected = checksumOf(superblock, group, raw)
  if (expected !== undefined && expected !== low.checksum) {
    throw raise('EXT4_CHECKSUM_MISMATCH', {
      structure: `descriptor of block group ${group}`,
      offsetBytes,
      found: hex(low.checksum),
      expected: hex(expected),
    })
  }
  // Without checksums of descriptors the flags mean nothing.
  const hasFlag = (flag: number): boolean => expected !== undefined && (low.flags & flag) !== 0
  const descriptor: GroupDescriptor = {
    group,
    blockBitmap: low.blockBitmapLow + (high?.blockBitmapHigh ?? 0) * 2 ** 32,
    inodeBitmap: low.inodeBitmapLow + (high?.inodeBitmapHigh ?? 0) * 2 ** 32,
    inodeTable: low.inodeTableLow + (high?.inodeTableHigh ?? 0) * 2 ** 32,
    freeClusters: low.freeClustersLow + (high?.freeClustersHigh ?? 0) * 2 ** 16,
    blocksUninitialised: hasFlag(BLOCK_UNINIT),
    blockBitmapChecksum: low.blockBitmapChecksumLow + (high?.blockBitmapChecksumHigh ?? 0) * 2 ** 16,
    freeInodes: low.freeInodesLow + (high?.freeInodesHigh ?? 0) * 2 ** 16,
    inodesUninitialised: hasFlag(INODE_UNINIT),
    inodeBitmapChecksum: low.inodeBitmapChecksumLow + (high?.inodeBitmapChecksumHigh ?? 0) * 2 ** 16,
    unusedInodes: expected === undefined ? 0 : low.unusedInodesLow + (high?.unusedInodesHigh ?? 0) * 2 ** 16,
  }
  const check = (field: string, block: number, count: number): void => {
    if (!holdsBlocks(volume, block, count)) throw invalid(block, offsetBytes, field, superblock)
  }
  check('bg_block_bitmap', descriptor.blockBitmap, 1)
  check('bg_inode_bitmap', descriptor.inodeBitmap, 1)
  check('bg_inode_table', descriptor.inodeTable, inodeTableBlocks(superblock))
  return descriptor
}

export function inodeTableBlocks({ fields, inodeBytes, blockBytes }: Superblock): number {
  return Math.ceil((fields.inodesPerGroup * inodeBytes) / blockBytes)
}

/** ext4_group_desc_csum in fs/ext4/super.c; undefined where descriptors carry none. */
export function checksumOf(superblock: Superblock, group: number, raw: Uint8Array): number | undefined {
  const { offsetBytes } = DESCRIPTOR.fields.checksum
  if (superblock.checksumSeed !== undefined) {
    let crc = crc32cRaw(superblock.checksumSeed, le32(group))
    crc = crc32cRaw(crc, raw.subarray(0, offsetBytes))
    crc = crc32cRaw(crc, NO_BYTES)
    return crc32cRaw(crc, raw.subarray(offsetBytes + 2)) & 0xffff
  }
  if (!superblock.features.has('uninit_bg')) return undefined
  const crc = crc16(crc16(crc16(0xffff, superblock.fields.uuid), le32(group)), raw.subarray(0, offsetBytes))
  return crc16(crc, raw.subarray(offsetBytes + 2))
}

function invalid(found: number, offsetBytes: number, field: string, superblock: Superblock) {
  return raise('EXT4_GEOMETRY_INVALID', {
    structure: 'block group descriptor',
    offsetBytes,
    field,
    found,
    expected: `a block below ${superblock.blocks}`,
  })
}

function isPowerOf(base: number, value: number): boolean {
  let rest = value
  while (rest % base === 0) rest /= base
  return rest === 1
}

/** CRC-16 of `gdt_csum`: polynomial 0x8005, reflected, nothing inverted (Linux lib/crc/crc16.c). */
const TABLE = Uint16Array.from({ length: 256 }, (_, value) => {
  let crc = value
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xa0_01 : crc >>> 1
  return crc
})

function crc16(register: number, bytes: Uint8Array): number {
  let crc = register
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 0xff] ?? 0)
  return crc
}
