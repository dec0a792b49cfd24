import { formatHex32 } from '../../core/index.ts'
import { Cursor, crc32cRaw, formatSetUuid, toSafe } from '../../bytes/index.ts'
import type { ByteSource, Values } from '../../bytes/index.ts'
import { badField, raise } from './errors.ts'
import { ALGORITHMS, COMPAT, INCOMPAT, featureNames, unknownFeature } from './features.ts'
import { DEVICE_SLOT, MAGIC, METABOX_NID_AT, SUPERBLOCK, SUPERBLOCK_AT } from './layout.ts'

/** A device beside the first one. With a start, its blocks are numbered as if they lay behind those of the first. */
export type Device = Readonly<{ tag: string; startBytes: number; sizeBytes: number }>

export type Geometry = Readonly<{
  blockSize: number
  blockBits: number
  sizeBytes: number
  rootNid: bigint
  /** Added to the times of compact inodes; in seconds. */
  epoch: bigint
  fixedNs: number
  metaBytes: number
  xattrBytes: number
  uuid: string
  label: string
  compat: number
  incompat: number
  /** Bits of the algorithms that clusters may be packed with. */
  algorithms: number
  devices: readonly Device[]
  packedNid: bigint | undefined
  metaboxNid: bigint | undefined
  xattrPrefixes: Readonly<{ count: number; startBytes: number }>
  features: readonly string[]
}>

const HEAD_BYTES = SUPERBLOCK_AT + SUPERBLOCK.sizeBytes
/** The kernel takes blocks up to a page; pages of 64 KiB exist. */
const LARGEST_BLOCK_BITS = 16
const METABOX_BIT = 1n << 63n
/** Slots of 128 bytes; a name of one takes two bytes. */
const MOST_DEVICES = 4096

/** Reads and checks the superblock. Throws EROFS_BAD_MAGIC, EROFS_BAD_CHECKSUM, EROFS_UNSUPPORTED_FEATURE, EROFS_CUT_SHORT, EROFS_BAD_FIELD. */
export async function readSuperblock(source: ByteSource, signal?: AbortSignal): Promise<Geometry> {
  if (source.size < HEAD_BYTES) throw cutShort(source, HEAD_BYTES)
  const head = await source.read(SUPERBLOCK_AT, SUPERBLOCK.sizeBytes, signal)
  const raw = SUPERBLOCK.read(head, SUPERBLOCK_AT)
  if (raw.magic !== MAGIC) {
    throw raise('EROFS_BAD_MAGIC', {
      source: source.name,
      found: formatHex32(raw.magic),
      expected: formatHex32(MAGIC),
    })
  }
  const { blockBits, incompat, compat } = raw
  if (blockBits < 9 || blockBits > LARGEST_BLOCK_BITS) throw bad(12, 'blkszbits', blockBits, '9 to 16')
  const unknown = unknownFeature(incompat)
  if (unknown !== undefined)
    throw raise('EROFS_UNSUPPORTED_FEATURE', { source: source.name, feature: unknown })
  await verifyChecksum(source, raw, signal)
  if (raw.directoryBlockBits !== 0) throw bad(90, 'dirblkbits', raw.directoryBlockBits, 0)
  const blockSize = 2 ** blockBits
  const isWide = (incompat & INCOMPAT.wide) !== 0 && raw.wideRootNid !== 0n
  const blocks = raw.blocks + (isWide ? raw.rootNid * 2 ** 32 : 0)
  const sizeBytes = blocks * blockSize
  if (!Number.isSafeInteger(sizeBytes)) throw bad(36, 'blocks', blocks, 'a size below 2^53 bytes')
  if (sizeBytes > source.size) throw cutShort(source, sizeBytes)
  const packed = (incompat & INCOMPAT.fragments) !== 0 && raw.packedNid !== 0n ? raw.packedNid : undefined
  if (packed !== undefined && packed >= METABOX_BIT)
    throw bad(96, 'packed_nid', String(packed), 'less than 2^63')
  const algorithms = algorithmsOf(source, raw)
  return {
    blockSize,
    blockBits,
    sizeBytes,
    rootNid: isWide ? raw.wideRootNid : BigInt(raw.rootNid),
    epoch: BigInt.asIntN(64, raw.epoch),
    fixedNs: raw.fixedNs,
    metaBytes: raw.metaBlock * blockSize,
    xattrBytes: raw.xattrBlock * blockSize,
    uuid: formatSetUuid(raw.uuid),
    label: raw.label,
    compat,
    incompat,
    algorithms,
    devices: await readDevices(source, raw, blockSize, signal),
    packedNid: packed,
    metaboxNid: await readMetaboxNid(source, raw, signal),
    xattrPrefixes: { count: raw.xattrPrefixes, startBytes: raw.xattrPrefixStart * 4 },
    features: featureNames(compat, incompat, algorithms),
  }
}

type Raw = Values<typeof SUPERBLOCK.fields>

function bad(at: number, field: string, found: string | number, expected: string | number): Error {
  return badField({ structure: SUPERBLOCK.name, base: SUPERBLOCK_AT }, at, field, found, expected)
}

function cutShort(source: ByteSource, expectedBytes: number): Error {
  return raise('EROFS_CUT_SHORT', { source: source.name, expectedBytes, foundBytes: source.size })
}

/** CRC-32C of the superblock and the rest of its block, with its own field taken for zeros, and not inverted at the end. */
async function verifyChecksum(source: ByteSource, raw: Raw, signal?: AbortSignal): Promise<void> {
  if ((raw.compat & COMPAT.checksum) === 0) return
  const blockSize = 2 ** raw.blockBits
  const length = blockSize > SUPERBLOCK_AT ? blockSize - SUPERBLOCK_AT : blockSize
  if (SUPERBLOCK_AT + length > source.size) throw cutShort(source, SUPERBLOCK_AT + length)
  const block = await source.read(SUPERBLOCK_AT, length, signal)
  const computed = checksumOf(block)
  if (computed === raw.checksum) return
  throw raise('EROFS_BAD_CHECKSUM', {
    source: source.name,
    found: formatHex32(raw.checksum),
    expected: formatHex32(computed),
  })
}

/** Of a superblock and what follows it in its block. */
export function checksumOf(block: Uint8Array): number {
  const magic = crc32cRaw(~0, block.subarray(0, 4))
  return crc32cRaw(crc32cRaw(magic, new Uint8Array(4)), block.subarray(8)) >>> 0
}

function algorithmsOf(source: ByteSource, raw: Raw): number {
  // Without `compr_cfgs`, there is LZ4 alone.
  if ((raw.incompat & INCOMPAT.algorithms) === 0) return 1
  const unknown = raw.algorithms >>> ALGORITHMS.length
  if (unknown === 0) return raw.algorithms
  const feature = `compression algorithm ${31 - Math.clz32(raw.algorithms)}`
  throw raise('EROFS_UNSUPPORTED_FEATURE', { source: source.name, feature })
}

async function readDevices(
  source: ByteSource,
  raw: Raw,
  blockSize: number,
  signal?: AbortSignal,
): Promise<readonly Device[]> {
  if ((raw.incompat & INCOMPAT.devices) === 0 || raw.extraDevices === 0) return []
  const count = raw.extraDevices
  if (count > MOST_DEVICES) throw bad(86, 'extra_devices', count, `at most ${MOST_DEVICES}`)
  const start = raw.deviceSlot * DEVICE_SLOT.sizeBytes
  const length = count * DEVICE_SLOT.sizeBytes
  if (start + length > source.size) throw bad(88, 'devt_slotoff', raw.deviceSlot, 'a place in the image')
  const table = await source.read(start, length, signal)
  const isWide = (raw.incompat & INCOMPAT.wide) !== 0
  return Array.from({ length: count }, (_, index) => {
    const slot = DEVICE_SLOT.read(table.subarray(index * DEVICE_SLOT.sizeBytes), start)
    const high = isWide ? 2 ** 32 : 0
    return {
      tag: slot.tag,
      startBytes: (slot.start + slot.startHigh * high) * blockSize,
      sizeBytes: (slot.blocks + slot.blocksHigh * high) * blockSize,
    }
  })
}

async function readMetaboxNid(
  source: ByteSource,
  raw: Raw,
  signal?: AbortSignal,
): Promise<bigint | undefined> {
  if ((raw.incompat & INCOMPAT.metabox) === 0) return undefined
  // Sixteen bytes a slot: the number stands in the first one.
  if (raw.extraSlots < 1 || HEAD_BYTES + 16 > source.size)
    throw bad(13, 'sb_extslots', raw.extraSlots, 'at least 1')
  const bytes = await source.read(SUPERBLOCK_AT + METABOX_NID_AT, 8, signal)
  const nid = new Cursor(bytes, SUPERBLOCK.name, SUPERBLOCK_AT + METABOX_NID_AT).u64le(0)
  if (nid >= METABOX_BIT) throw bad(METABOX_NID_AT, 'metabox_nid', String(nid), 'less than 2^63')
  toSafe(nid * 32n, 'the place of the metabox')
  return nid
}
