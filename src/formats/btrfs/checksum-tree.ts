import { CHECKSUM_OBJECT, KEY } from './layout.ts'
import { findBefore, walkItems } from './tree-walk.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

/** Checksums of data, one for each sector, one behind the other. */
export type SectorChecksums = Readonly<{
  bytes: Uint8Array
  /** Sectors without one: 1. */
  missing: Uint8Array
}>

const STRUCTURE = 'checksums of data (btrfs_csum_item)'

/** Of `count` sectors from a logical address on. */
export async function readChecksums(
  volume: Volume,
  tree: TreeRoot,
  logical: number,
  count: number,
  signal?: AbortSignal,
): Promise<SectorChecksums> {
  const { sectorSize, checksum } = volume.geometry
  const size = checksum.sizeBytes
  const bytes = new Uint8Array(count * size)
  const missing = new Uint8Array(count).fill(1)
  const keyOf = (offset: number) =>
    ({ objectId: CHECKSUM_OBJECT, type: KEY.extentChecksum, offset: BigInt(offset) }) as const
  const before = await findBefore(volume, tree, keyOf(logical), STRUCTURE)
  const isBefore = before?.key.objectId === CHECKSUM_OBJECT && before.key.type === KEY.extentChecksum
  const first = isBefore ? before.key : keyOf(logical)
  const last = keyOf(logical + (count - 1) * sectorSize)
  for await (const { key, data } of walkItems(volume, tree, first, last, STRUCTURE, signal)) {
    const begin = (Number(key.offset) - logical) / sectorSize
    if (!Number.isInteger(begin)) continue
    const has = Math.floor(data.length / size)
    const from = Math.max(0, begin)
    const to = Math.min(count, begin + has)
    if (to <= from) continue
    bytes.set(data.slice((from - begin) * size, (to - from) * size), from * size)
    missing.fill(0, from, to)
  }
  return { bytes, missing }
}
