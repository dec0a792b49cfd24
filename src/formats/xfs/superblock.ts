import { Cursor, formatSetUuid } from '../../bytes/index.ts'
import type { ByteSource, Values } from '../../bytes/index.ts'
import { verifyChecksum } from './checksum.ts'
import { raise } from './errors.ts'
import { INCOMPAT, hasFtype, isV5, unreadableFeature, VERSION_BITS } from './features.ts'
import type { FeatureWords } from './features.ts'
import { SUPERBLOCK, SUPERBLOCK_CRC_AT, SUPERBLOCK_MAGIC } from './layout.ts'

/** What is read at once: a superblock of the largest sector, so that its checksum needs no second read. */
const LARGEST_SECTOR = 32_768
const SMALLEST_AG_BYTES = 16 * 1024 * 1024
const LARGEST_AG_BYTES = 1024 ** 4
const SMALLEST_AG_BLOCKS = 64

/** The superblock, checked: every number here is in range and fits the others. */
export type Geometry = Readonly<{
  v5: boolean
  words: FeatureWords
  ftype: boolean
  asciiCi: boolean
  blockSize: number
  sectorSize: number
  inodeSize: number
  inodesPerBlock: number
  /** In bytes. */
  directoryBlockSize: number
  blocks: number
  freeBlocks: number
  /** A realtime section: on another device, as zoned file systems are refused. */
  hasRealtime: boolean
  agBlocks: number
  agCount: number
  /** A block number is group × agStride + block in the group: agBlocks rounded up to a power of two. */
  agStride: number
  rootInode: number
  log: Readonly<{ startBlock: number; blocks: number; version: 1 | 2 }>
  label: string
  uuid: string
  /** The one that metadata carry: differs from `uuid` where `xfs_admin -U` was used. Empty before V5. */
  metaUuid: Uint8Array
  /** Cycle and block of the log when the superblock was last written; zero before V5. */
  lsn: bigint
}>

/** Throws XFS_… for what is no XFS, is damaged, or needs features that are not read. */
export async function readSuperblock(source: ByteSource, signal?: AbortSignal): Promise<Geometry> {
  const block = await source.read(0, Math.min(LARGEST_SECTOR, source.size), signal)
  const raw = SUPERBLOCK.read(block)
  checkIdentity(source, raw)
  const words = featureWords(raw)
  const v5 = isV5(words)
  checkSectors(raw)
  if (v5) {
    verifyChecksum(block.subarray(0, raw.sectorSize), SUPERBLOCK_CRC_AT, {
      structure: SUPERBLOCK.name,
      base: 0,
    })
  }
  const feature = unreadableFeature(words)
  if (feature !== undefined) throw raise('XFS_UNSUPPORTED_FEATURE', { source: source.name, feature })
  checkGeometry(raw, v5)
  if (raw.inProgress !== 0) throw raise('XFS_UNFINISHED', { source: source.name })
  if (v5 && (words.incompat & INCOMPAT.needsRepair) !== 0) {
    throw raise('XFS_NEEDS_REPAIR', { source: source.name })
  }
  if (raw.logStart === 0) throw raise('XFS_EXTERNAL_LOG', { source: source.name })
  const sizeBytes = raw.dataBlocks * raw.blockSize
  if (sizeBytes > source.size) {
    throw raise('XFS_CUT_SHORT', { source: source.name, expectedBytes: sizeBytes, foundBytes: source.size })
  }
  const logV2 = v5 || (words.versionNumber & VERSION_BITS.logv2) !== 0
  return {
    v5,
    words,
    ftype: hasFtype(words),
    asciiCi: (words.versionNumber & VERSION_BITS.asciiCi) !== 0,
    blockSize: raw.blockSize,
    sectorSize: raw.sectorSize,
    inodeSize: raw.inodeSize,
    inodesPerBlock: raw.inodesPerBlock,
    directoryBlockSize: raw.blockSize * 2 ** raw.directoryBlockLog,
    blocks: raw.dataBlocks,
    hasRealtime: raw.realtimeBlocks !== 0,
    freeBlocks: Number(raw.freeDataBlocks > BigInt(raw.dataBlocks) ? 0n : raw.freeDataBlocks),
    agBlocks: raw.agBlocks,
    agCount: raw.agCount,
    agStride: 2 ** raw.agBlocksLog,
    rootInode: raw.rootInode,
    log: { startBlock: raw.logStart, blocks: raw.logBlocks, version: logV2 ? 2 : 1 },
    label: raw.label,
    uuid: formatSetUuid(raw.uuid),
    metaUuid: v5 ? ((words.incompat & INCOMPAT.metaUuid) === 0 ? raw.uuid : raw.metaUuid) : new Uint8Array(0),
    lsn: v5 ? raw.lsn : 0n,
  }
}

/** Whether the source begins as XFS does. Reads one sector; never throws on foreign content. */
export async function probeXfs(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  if (source.size < SUPERBLOCK.sizeBytes) return false
  const block = await source.read(0, SUPERBLOCK.sizeBytes, signal)
  const cursor = new Cursor(block, SUPERBLOCK.name)
  const version = cursor.u16be(100) & 0xf
  return cursor.u32be(0) === SUPERBLOCK_MAGIC && version >= 1 && version <= 5
}

type Raw = Values<typeof SUPERBLOCK.fields>

function checkIdentity(source: ByteSource, raw: Raw): void {
  if (raw.magic !== SUPERBLOCK_MAGIC) {
    throw raise('XFS_BAD_MAGIC', {
      structure: SUPERBLOCK.name,
      offsetBytes: 0,
      expected: '0x58465342 (XFSB)',
      found: `0x${raw.magic.toString(16).padStart(8, '0')}`,
    })
  }
  const version = raw.versionNumber & 0xf
  if (version !== 4 && version !== 5) {
    throw raise('XFS_UNSUPPORTED_VERSION', { source: source.name, version })
  }
}

function featureWords(raw: Raw): FeatureWords {
  const v5 = (raw.versionNumber & 0xf) === 5
  return {
    versionNumber: raw.versionNumber,
    // Old kernels on 64-bit machines wrote it four bytes too far (xfs_sb_has_mismatched_features2).
    features2: v5 ? raw.features2 : (raw.features2 | raw.badFeatures2) >>> 0,
    roCompat: v5 ? raw.roCompat : 0,
    incompat: v5 ? raw.incompat : 0,
  }
}

function checkSectors(raw: Raw): void {
  powerOfTwo(raw.sectorSize, raw.sectorLog, 9, 15, 102, 'sb_sectsize')
}

/** As xfs_validate_sb_common does. */
function checkGeometry(raw: Raw, v5: boolean): void {
  powerOfTwo(raw.blockSize, raw.blockLog, v5 ? 10 : 9, 16, 4, 'sb_blocksize')
  powerOfTwo(raw.inodeSize, raw.inodeLog, v5 ? 9 : 8, 11, 104, 'sb_inodesize')
  const wanted = (holds: boolean, at: number, field: string, found: number, expected: string): void => {
    if (!holds) throw badField(at, field, found, expected)
  }
  wanted(raw.sectorSize <= raw.blockSize, 102, 'sb_sectsize', raw.sectorSize, 'no more than a block')
  wanted(raw.inodeSize <= raw.blockSize, 104, 'sb_inodesize', raw.inodeSize, 'no more than a block')
  const perBlock = raw.blockSize / raw.inodeSize
  wanted(raw.inodesPerBlock === perBlock, 106, 'sb_inopblock', raw.inodesPerBlock, String(perBlock))
  const perBlockLog = raw.blockLog - raw.inodeLog
  wanted(
    raw.inodesPerBlockLog === perBlockLog,
    123,
    'sb_inopblog',
    raw.inodesPerBlockLog,
    String(perBlockLog),
  )
  wanted(
    raw.blockLog + raw.directoryBlockLog <= 16,
    192,
    'sb_dirblklog',
    raw.directoryBlockLog,
    'at most 64 KiB',
  )
  wanted(
    Number.isSafeInteger(raw.dataBlocks * raw.blockSize) && raw.dataBlocks > 0,
    8,
    'sb_dblocks',
    raw.dataBlocks,
    'a size below 2^53 bytes',
  )
  const agBytes = raw.agBlocks * raw.blockSize
  wanted(
    agBytes >= SMALLEST_AG_BYTES && agBytes <= LARGEST_AG_BYTES,
    84,
    'sb_agblocks',
    raw.agBlocks,
    '16 MiB to 1 TiB',
  )
  const agLog = 32 - Math.clz32(raw.agBlocks - 1)
  wanted(raw.agBlocksLog === agLog, 124, 'sb_agblklog', raw.agBlocksLog, String(agLog))
  const groups = Math.ceil(raw.dataBlocks / raw.agBlocks)
  wanted(raw.agCount === groups, 88, 'sb_agcount', raw.agCount, String(groups))
  const last = raw.dataBlocks - (groups - 1) * raw.agBlocks
  wanted(last >= SMALLEST_AG_BLOCKS, 8, 'sb_dblocks', raw.dataBlocks, 'a last group of 64 blocks or more')
}

function powerOfTwo(
  value: number,
  log: number,
  smallest: number,
  largest: number,
  at: number,
  field: string,
): void {
  if (log >= smallest && log <= largest && value === 2 ** log) return
  throw badField(
    at,
    field,
    value,
    `a power of two from 2^${smallest} to 2^${largest} that fits its logarithm ${log}`,
  )
}

function badField(at: number, field: string, found: number, expected: string): Error {
  return raise('XFS_BAD_FIELD', { structure: SUPERBLOCK.name, offsetBytes: at, field, found, expected })
}
