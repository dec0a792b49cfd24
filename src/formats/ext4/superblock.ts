import {
  at,
  bytes,
  crc32cRaw,
  formatSetUuid,
  formatUuid,
  struct,
  text,
  u16le,
  u32le,
  u8,
} from '../../bytes/index.ts'
import type { Values } from '../../bytes/index.ts'
import { hex, raise } from './errors.ts'
import { featuresOf, typeOf } from './features.ts'
import type { Features } from './features.ts'

/** Always there, whatever the block size. */
export const SUPERBLOCK_OFFSET = 1024
const MAGIC = 0xef_53
const LARGEST_BLOCK = 65_536
/** The limits of the kernel's EXT4_MIN_DESC_SIZE_64BIT and EXT4_MAX_DESC_SIZE. */
const [SMALLEST_DESCRIPTOR_64, LARGEST_DESCRIPTOR] = [64, 1024]

/** `struct ext4_super_block`: https://docs.kernel.org/filesystems/ext4/globals.html#super-block */
export const SUPERBLOCK = struct('ext4 superblock', 1024, {
  inodesCount: at(0x0, u32le),
  blocksCountLow: at(0x4, u32le),
  freeBlocksLow: at(0xc, u32le),
  firstDataBlock: at(0x14, u32le),
  logBlockSize: at(0x18, u32le),
  logClusterSize: at(0x1c, u32le),
  blocksPerGroup: at(0x20, u32le),
  clustersPerGroup: at(0x24, u32le),
  inodesPerGroup: at(0x28, u32le),
  magic: at(0x38, u16le),
  state: at(0x3a, u16le),
  revision: at(0x4c, u32le),
  firstInode: at(0x54, u32le),
  inodeSize: at(0x58, u16le),
  compatible: at(0x5c, u32le),
  incompatible: at(0x60, u32le),
  readOnlyCompatible: at(0x64, u32le),
  uuid: at(0x68, bytes(16)),
  label: at(0x78, text(16)),
  reservedDescriptorBlocks: at(0xce, u16le),
  journalInode: at(0xe0, u32le),
  lastOrphan: at(0xe8, u32le),
  hashSeed: at(0xec, bytes(16)),
  descriptorSize: at(0xfe, u16le),
  firstMetaGroup: at(0x104, u32le),
  blocksCountHigh: at(0x150, u32le),
  freeBlocksHigh: at(0x158, u32le),
  flags: at(0x160, u32le),
  checksumType: at(0x175, u8),
  backupGroups: at(0x24c, bytes(8)),
  checksumSeed: at(0x270, u32le),
  checksum: at(0x3fc, u32le),
})

export const STATE = { valid: 1, errors: 2 } as const
/** s_flags: which signedness of `char` the hashes of directories were made with. */
export const FLAGS = { signedHash: 1, unsignedHash: 2 } as const

export type Superblock = Readonly<{
  fields: Values<typeof SUPERBLOCK.fields>
  features: Features
  type: 'ext2' | 'ext3' | 'ext4'
  uuid: string
  blockBytes: number
  blocks: number
  freeBlocks: number
  /** Blocks to a cluster: the unit of allocation; 1 without bigalloc. */
  clusterBlocks: number
  groups: number
  inodeBytes: number
  descriptorBytes: number
  /** Register that every checksum of metadata starts from; undefined without metadata_csum. */
  checksumSeed: number | undefined
}>

/** Whether the 1024 bytes have the magic and a revision and block size that any ext file system could have. */
export function looksLikeSuperblock(block: Uint8Array): boolean {
  if (block.length < SUPERBLOCK.sizeBytes) return false
  const { magic, revision, logBlockSize, inodesPerGroup } = SUPERBLOCK.read(block)
  return magic === MAGIC && revision <= 1 && logBlockSize <= 6 && inodesPerGroup > 0
}

/** Throws EXT4_NO_SUPERBLOCK, …_REVISION_UNKNOWN, …_JOURNAL_DEVICE, …_FEATURE_UNSUPPORTED, …_CHECKSUM_MISMATCH, …_GEOMETRY_INVALID, …_CUT_SHORT. */
export function parseSuperblock(
  block: Uint8Array,
  source: Readonly<{ name: string; size: number }>,
): Superblock {
  const raw = SUPERBLOCK.read(block, SUPERBLOCK_OFFSET)
  if (raw.magic !== MAGIC) throw raise('EXT4_NO_SUPERBLOCK', { source: source.name, found: hex(raw.magic) })
  if (raw.revision > 1) throw raise('EXT4_REVISION_UNKNOWN', { source: source.name, found: raw.revision })
  // Revision 0 has neither features nor sizes of its own: the fields are not used.
  const fields = raw.revision === 0 ? { ...raw, compatible: 0, incompatible: 0, readOnlyCompatible: 0 } : raw
  const features = featuresOf(fields)
  if (features.has('journal_dev'))
    throw raise('EXT4_JOURNAL_DEVICE', { source: source.name, uuid: formatUuid(fields.uuid) })
  if (features.refused.length > 0)
    throw raise('EXT4_FEATURE_UNSUPPORTED', { source: source.name, features: features.refused })
  const withChecksums = features.has('metadata_csum')
  if (withChecksums) checkChecksum(block, fields.checksumType, fields.checksum)
  const geometry = geometryOf(fields, features)
  if (geometry.blocks * geometry.blockBytes > source.size) {
    throw raise('EXT4_CUT_SHORT', {
      source: source.name,
      neededBytes: geometry.blocks * geometry.blockBytes,
      sizeBytes: source.size,
    })
  }
  return {
    fields,
    features,
    type: typeOf(fields, features),
    uuid: formatSetUuid(fields.uuid),
    ...geometry,
    checksumSeed: !withChecksums
      ? undefined
      : features.has('metadata_csum_seed')
        ? fields.checksumSeed
        : crc32cRaw(~0, fields.uuid),
  }
}

function checkChecksum(block: Uint8Array, type: number, expected: number): void {
  const offsetBytes = SUPERBLOCK_OFFSET
  if (type !== 1) throw invalid('s_checksum_type', type, '1 (crc32c)')
  const found = crc32cRaw(~0, block.subarray(0, SUPERBLOCK.fields.checksum.offsetBytes))
  if (found !== expected) {
    throw raise('EXT4_CHECKSUM_MISMATCH', {
      structure: 'superblock',
      offsetBytes,
      found: hex(found),
      expected: hex(expected),
    })
  }
}

function geometryOf(fields: Superblock['fields'], features: Features) {
  const { logBlockSize, logClusterSize, blocksPerGroup, inodesPerGroup, firstDataBlock } = fields
  if (logBlockSize > 6) throw invalid('s_log_block_size', logBlockSize, 'at most 6')
  const blockBytes = 1024 << logBlockSize
  const bigalloc = features.has('bigalloc')
  if (bigalloc && (logClusterSize < logBlockSize || logClusterSize > 20))
    throw invalid('s_log_cluster_size', logClusterSize, `${logBlockSize} to 20`)
  const clusterBlocks = bigalloc ? 1 << (logClusterSize - logBlockSize) : 1
  // Without bigalloc s_clusters_per_group is not used (mke2fs of old wrote fragments per group there).
  const clustersPerGroup = bigalloc ? fields.clustersPerGroup : blocksPerGroup
  if (
    blocksPerGroup === 0 ||
    clustersPerGroup > blockBytes * 8 ||
    clustersPerGroup * clusterBlocks !== blocksPerGroup
  )
    throw invalid(
      's_blocks_per_group',
      blocksPerGroup,
      `1 to ${blockBytes * 8 * clusterBlocks}, in whole clusters`,
    )
  if (inodesPerGroup === 0 || inodesPerGroup > blockBytes * 8)
    throw invalid('s_inodes_per_group', inodesPerGroup, `1 to ${blockBytes * 8}`)

  const inodeBytes = fields.revision === 0 ? 128 : fields.inodeSize
  if (!isPowerOfTwo(inodeBytes) || inodeBytes < 128 || inodeBytes > Math.min(blockBytes, LARGEST_BLOCK))
    throw invalid('s_inode_size', inodeBytes, `a power of two from 128 to ${blockBytes}`)
  const wide = features.has('64bit')
  const descriptorBytes = wide ? fields.descriptorSize : 32
  if (
    wide &&
    (!isPowerOfTwo(descriptorBytes) ||
      descriptorBytes < SMALLEST_DESCRIPTOR_64 ||
      descriptorBytes > LARGEST_DESCRIPTOR)
  )
    throw invalid('s_desc_size', descriptorBytes, 'a power of two from 64 to 1024')

  const blocks = fields.blocksCountLow + (wide ? fields.blocksCountHigh * 2 ** 32 : 0)
  // The superblock is in block 1 where blocks have 1 KiB; with bigalloc groups begin at block 0 all the same.
  if (firstDataBlock > (blockBytes === 1024 ? 1 : 0) || firstDataBlock >= blocks)
    throw invalid('s_first_data_block', firstDataBlock, blockBytes === 1024 ? '0 or 1' : '0')
  const groups = Math.ceil((blocks - firstDataBlock) / blocksPerGroup)
  if (fields.inodesCount > groups * inodesPerGroup)
    throw invalid('s_inodes_count', fields.inodesCount, `at most ${groups * inodesPerGroup}`)
  return {
    blockBytes,
    blocks,
    freeBlocks: fields.freeBlocksLow + (wide ? fields.freeBlocksHigh * 2 ** 32 : 0),
    clusterBlocks,
    groups,
    inodeBytes,
    descriptorBytes,
  }
}

function invalid(field: string, found: number, expected: string) {
  return raise('EXT4_GEOMETRY_INVALID', {
    structure: 'superblock',
    offsetBytes: SUPERBLOCK_OFFSET,
    field,
    found,
    expected,
  })
}

function isPowerOfTwo(value: number): boolean {
  return value > 0 && (value & (value - 1)) === 0
}
