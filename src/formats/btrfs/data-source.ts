import type { ByteSource } from '../../bytes/index.ts'
import { checkRange } from '../../bytes/index.ts'
import { readChecksums } from './checksum-tree.ts'
import { equal } from './checksum.ts'
import { raise } from './errors.ts'
import type { TreeRoot } from './tree-walk.ts'
import type { Volume } from './volume.ts'

/** What is read and verified at once. */
const MOST_BYTES = 1 << 20
const STRUCTURE = 'an extent of data'

/**
 * Data by logical address. With a checksum tree each sector is verified, and where it does not fit, the other copies
 * are tried; without one (files without checksums) bytes are what the first copy has.
 */
export function dataSource(volume: Volume, checksums: TreeRoot | undefined, name: string): ByteSource {
  const { source, chunks, geometry } = volume
  const { sectorSize } = geometry
  return {
    size: chunks.endBytes,
    name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      if (length === 0) return new Uint8Array(0)
      const [first = 0] = chunks.placesOf(offset, length, STRUCTURE)
      if (checksums === undefined) return source.read(first, length, signal)
      const start = offset - (offset % sectorSize)
      const end = Math.ceil((offset + length) / sectorSize) * sectorSize
      if (end - start <= MOST_BYTES) {
        const bytes = await verified(volume, checksums, name, start, end - start, signal)
        return bytes.subarray(offset - start, offset - start + length)
      }
      const out = new Uint8Array(length)
      for (let at = start; at < end; at += MOST_BYTES) {
        const bytes = await verified(volume, checksums, name, at, Math.min(MOST_BYTES, end - at), signal)
        const from = Math.max(at, offset)
        const to = Math.min(at + bytes.length, offset + length)
        out.set(bytes.subarray(from - at, to - at), from - offset)
      }
      return out
    },
  }
}

/** Whole sectors. Throws BTRFS_DATA_DAMAGED. */
async function verified(
  volume: Volume,
  tree: TreeRoot,
  name: string,
  logical: number,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const { source, chunks, geometry } = volume
  const { sectorSize, checksum } = geometry
  const [first = 0, ...others] = chunks.placesOf(logical, length, STRUCTURE)
  const [read, sums] = await Promise.all([
    source.read(first, length, signal),
    readChecksums(volume, tree, logical, length / sectorSize, signal),
  ])
  let bytes = read
  for (let sector = 0; sector < length / sectorSize; sector += 1) {
    const at = sector * sectorSize
    const wanted = sums.bytes.subarray(sector * checksum.sizeBytes, (sector + 1) * checksum.sizeBytes)
    const damage = { source: name, logical: logical + at, offsetBytes: first + at }
    if (sums.missing[sector] === 1)
      throw raise('BTRFS_DATA_DAMAGED', { ...damage, state: 'it has no checksum' })
    if (equal(checksum.of(bytes.subarray(at, at + sectorSize)), wanted)) continue
    const good = await soundCopy(volume, others, at, wanted, signal)
    if (good === undefined) {
      const state = `its ${checksum.name} checksum does not match`
      throw raise('BTRFS_DATA_DAMAGED', { ...damage, state })
    }
    // What was read may be a view of a cache.
    if (bytes === read) bytes = new Uint8Array(read)
    bytes.set(good, at)
  }
  return bytes
}

async function soundCopy(
  { source, geometry }: Volume,
  places: readonly number[],
  at: number,
  wanted: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  for (const place of places) {
    const sector = await source.read(place + at, geometry.sectorSize, signal)
    if (equal(geometry.checksum.of(sector), wanted)) return sector
  }
  return undefined
}
