import { Cursor, formatUuid } from '../../bytes/index.ts'
import type { Algorithms, ByteSource, Values } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { checksumOf, verifyBlock } from './checksum.ts'
import type { Checksum } from './checksum.ts'
import { badField } from './damage.ts'
import { raise } from './errors.ts'
import { hasFeature, unreadableFeature } from './features.ts'
import type { FeatureWords } from './features.ts'
import {
  DEVICE,
  SUPERBLOCK,
  SUPERBLOCK_MAGIC,
  SUPERBLOCK_PLACES,
  SYSTEM_CHUNKS_AT,
  SYSTEM_CHUNKS_ROOM,
} from './layout.ts'
import type { TreeRoot } from './tree-walk.ts'

/** The superblock, checked: every number here is in range and fits the others. */
export type Geometry = Readonly<{
  words: FeatureWords
  checksum: Checksum
  sectorSize: number
  nodeSize: number
  /** Of the device, which is what the file system covers. */
  sizeBytes: number
  usedBytes: number
  device: Readonly<{ id: bigint; uuid: Uint8Array }>
  rootTree: TreeRoot
  chunkTree: TreeRoot
  rootDirectory: bigint
  /** Chunks of the chunk tree itself: keys and chunks one behind the other. */
  systemChunks: Cursor
  label: string
  uuid: string
  /** blkid's UUID_SUB. */
  deviceUuid: string
  /** What metadata carry: differs from `uuid` where `btrfstune -m` was used. */
  metadataUuid: Uint8Array
  hasLog: boolean
  hasErrors: boolean
  isCopy: boolean
}>

type Raw = Values<typeof SUPERBLOCK.fields>
type Sound = Readonly<{ block: Uint8Array; place: number; raw: Raw; checksum: Checksum; isCopy: boolean }>

const ERROR_FLAG = 1n << 2n
/** Flags of states that no kernel mounts for writing, or that change what is where. */
const REFUSED_FLAGS = [
  [32, 'it is a seed of other file systems', 'take the seed flag off with `btrfstune -S 0`'],
  [33, 'it is a metadata image (btrfs-image), and has no content', 'use the image that it was made of'],
  [34, 'it is a metadata image (btrfs-image), and has no content', 'use the image that it was made of'],
  [35, 'a change of its UUID did not finish', 'finish it with `btrfstune`'],
  [36, 'a change of its UUID did not finish', 'finish it with `btrfstune`'],
  [38, 'a change to the block group tree did not finish', 'finish it with `btrfstune`'],
  [39, 'a change of its checksums did not finish', 'finish it with `btrfstune`'],
  [40, 'a change of its checksums did not finish', 'finish it with `btrfstune`'],
] as const

/** Throws BTRFS_… for what is no btrfs, is damaged, or needs features that are not read. */
export async function readSuperblock(
  source: ByteSource,
  algorithms: Algorithms,
  signal?: AbortSignal,
): Promise<Geometry> {
  const { block, raw, place, checksum, isCopy } = await soundSuperblock(source, algorithms, signal)
  const words = { incompat: raw.incompat, compatReadOnly: raw.compatReadOnly }
  const feature = unreadableFeature(words)
  if (feature !== undefined) throw raise('BTRFS_FEATURE_UNSUPPORTED', { source: source.name, feature })
  for (const [bit, state, remedy] of REFUSED_FLAGS) {
    if ((raw.flags >> BigInt(bit)) & 1n)
      throw raise('BTRFS_STATE_UNSUPPORTED', { source: source.name, state, remedy })
  }
  if (raw.devices !== 1n)
    throw raise('BTRFS_SEVERAL_DEVICES', { source: source.name, count: String(raw.devices) })
  const device = DEVICE.read(raw.device, place + SUPERBLOCK.fields.device.offsetBytes)
  checkGeometry(raw, place)
  if (device.totalBytes > source.size) {
    const sizes = { expectedBytes: device.totalBytes, foundBytes: source.size }
    throw raise('BTRFS_CUT_SHORT', { source: source.name, ...sizes })
  }
  const used = raw.usedBytes > BigInt(raw.totalBytes) ? raw.totalBytes : Number(raw.usedBytes)
  return {
    words,
    checksum,
    sectorSize: raw.sectorSize,
    nodeSize: raw.nodeSize,
    sizeBytes: device.totalBytes,
    usedBytes: Math.min(used, device.totalBytes),
    device: { id: device.id, uuid: device.uuid },
    rootTree: { id: 1n, place: raw.rootTree, level: raw.rootTreeLevel, generation: raw.generation },
    chunkTree: {
      id: 3n,
      place: raw.chunkTree,
      level: raw.chunkTreeLevel,
      generation: raw.chunkTreeGeneration,
    },
    rootDirectory: raw.rootDirectory,
    systemChunks: new Cursor(
      block.subarray(SYSTEM_CHUNKS_AT, SYSTEM_CHUNKS_AT + raw.systemChunkBytes),
      'the chunks in the superblock (sys_chunk_array)',
      place + SYSTEM_CHUNKS_AT,
    ),
    label: raw.label,
    uuid: formatUuid(raw.fsid),
    deviceUuid: formatUuid(device.uuid),
    metadataUuid: hasFeature(words, 'metadata-uuid') ? raw.metadataUuid : raw.fsid,
    hasLog: raw.logTree !== 0n,
    hasErrors: (raw.flags & ERROR_FLAG) !== 0n,
    isCopy,
  }
}

/** Whether the source begins as btrfs does. Reads one sector; never throws on foreign content. */
export async function probeBtrfs(source: ByteSource, signal?: AbortSignal): Promise<boolean> {
  const [first] = SUPERBLOCK_PLACES
  if (source.size < first + SUPERBLOCK.sizeBytes) return false
  const magic = await source.read(first + SUPERBLOCK.fields.magic.offsetBytes, 8, signal)
  return new Cursor(magic, SUPERBLOCK.name).u64le(0) === SUPERBLOCK_MAGIC
}

/** The first one; where its bytes are damaged, the newest copy that is not. */
async function soundSuperblock(
  source: ByteSource,
  algorithms: Algorithms,
  signal: AbortSignal | undefined,
): Promise<Sound> {
  const [first, ...copies] = SUPERBLOCK_PLACES
  const least = first + SUPERBLOCK.sizeBytes
  if (source.size < least) {
    throw raise('BTRFS_CUT_SHORT', { source: source.name, expectedBytes: least, foundBytes: source.size })
  }
  try {
    return { ...(await superblockAt(source, first, algorithms, signal)), isCopy: false }
  } catch (error) {
    if (!isAnnealError(error, 'BTRFS_BAD_CHECKSUM')) throw error
    const sound: Sound[] = []
    for (const place of copies) {
      if (place + SUPERBLOCK.sizeBytes > source.size) break
      try {
        sound.push({ ...(await superblockAt(source, place, algorithms, signal)), isCopy: true })
      } catch (copyError) {
        if (!isAnnealError(copyError)) throw copyError
      }
    }
    const [newest] = sound.toSorted((a, b) => Number(b.raw.generation - a.raw.generation))
    if (newest === undefined) throw error
    return newest
  }
}

async function superblockAt(
  source: ByteSource,
  place: number,
  algorithms: Algorithms,
  signal: AbortSignal | undefined,
): Promise<Omit<Sound, 'isCopy'>> {
  const block = new Uint8Array(await source.read(place, SUPERBLOCK.sizeBytes, signal))
  const raw = SUPERBLOCK.read(block, place)
  if (raw.magic !== SUPERBLOCK_MAGIC) {
    throw raise('BTRFS_BAD_MAGIC', {
      structure: SUPERBLOCK.name,
      offsetBytes: place,
      expected: `0x${SUPERBLOCK_MAGIC.toString(16)} (_BHRfS_M)`,
      found: `0x${raw.magic.toString(16).padStart(16, '0')}`,
    })
  }
  const checksum = await checksumOf(raw.checksumType, algorithms)
  if (checksum === undefined)
    throw raise('BTRFS_CHECKSUM_UNKNOWN', { source: source.name, type: raw.checksumType })
  verifyBlock(checksum, block, { structure: SUPERBLOCK.name, base: place })
  if (raw.ownPlace !== BigInt(place))
    throw badField({ structure: SUPERBLOCK.name, base: place }, 48, 'bytenr', raw.ownPlace, place)
  return { block, place, raw, checksum }
}

/** As btrfs_validate_super does. */
function checkGeometry(raw: Raw, place: number): void {
  const wanted = (holds: boolean, at: number, field: string, found: number, expected: string): void => {
    if (!holds) throw badField({ structure: SUPERBLOCK.name, base: place }, at, field, found, expected)
  }
  const isPower = (value: number, least: number): boolean =>
    value >= least && value <= 65_536 && (value & (value - 1)) === 0
  wanted(isPower(raw.sectorSize, 4096), 144, 'sectorsize', raw.sectorSize, 'a power of two, 4 to 64 KiB')
  const fits = isPower(raw.nodeSize, raw.sectorSize)
  wanted(fits, 148, 'nodesize', raw.nodeSize, 'a power of two, from a sector to 64 KiB')
  for (const [at, field, value] of [
    [80, 'root', raw.rootTree],
    [88, 'chunk_root', raw.chunkTree],
  ] as const) {
    wanted(value % raw.sectorSize === 0, at, field, value, 'a multiple of a sector')
  }
  for (const [at, field, level] of [
    [198, 'root_level', raw.rootTreeLevel],
    [199, 'chunk_root_level', raw.chunkTreeLevel],
  ] as const) {
    wanted(level < 8, at, field, level, 'less than 8')
  }
  const room = raw.systemChunkBytes <= SYSTEM_CHUNKS_ROOM
  wanted(room, 160, 'sys_array_size', raw.systemChunkBytes, `at most ${SYSTEM_CHUNKS_ROOM}`)
}
