import { cached } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { diskOfRuns, tableRuns } from '../block-map/index.ts'
import { raise } from './errors.ts'
import { checkHeaders, invalid, readRegions } from './header.ts'
import { BLOCK_STATES, PLACE_MASK, SECTORS_PER_CHUNK } from './layout.ts'
import { readMetadata } from './metadata.ts'

/**
 * VHDX of Hyper-V and QEMU: [MS-VHDX], "Virtual Hard Disk v2 (VHDX) File Format".
 *
 * Read: fixed and dynamic disks, sectors of 512 and 4096 bytes. Refused by name: differencing disks, a log that has to
 * be replayed, regions and metadata that are required and not known. Nothing is ever written.
 */
export type Vhdx = Readonly<{
  variant: 'fixed' | 'dynamic'
  blockBytes: number
  /** Of the disk. */
  sectorBytes: 512 | 4096
  /** The disk. */
  source: ByteSource
}>

const METADATA_CACHE = { blockBytes: 65_536, blocks: 64 } as const

/** Opens an image; reads its headers, its region table and its metadata. Throws VHDX_… as errors.ts lists them. */
export async function openVhdx(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<Vhdx> {
  const metadata = cached(source, METADATA_CACHE)
  await checkHeaders(metadata, options.signal)
  const regions = await readRegions(metadata, options.signal)
  const { variant, sizeBytes, blockBytes, sectorBytes } = await readMetadata(
    metadata,
    regions.metadata,
    options.signal,
  )
  // An entry of a bitmap block follows the entries of each chunk.
  const blocksPerChunk = (SECTORS_PER_CHUNK * sectorBytes) / blockBytes
  const entryOf = (block: number): number => block + Math.floor(block / blocksPerChunk)
  const blocks = Math.ceil(sizeBytes / blockBytes)
  const { offsetBytes, lengthBytes } = regions.table
  if (blocks > 0 && (entryOf(blocks - 1) + 1) * 8 > lengthBytes) {
    throw invalid(
      source,
      'the length of the block allocation table',
      offsetBytes,
      lengthBytes,
      `${blocks} entries`,
    )
  }
  const runs = tableRuns({
    metadata,
    structure: 'VHDX block allocation table',
    offsetBytes,
    entryBytes: 8,
    blockBytes,
    sizeBytes,
    entryOf,
    host: source,
    locate(table, at, block, usedBytes) {
      const entry = table.u64le(at)
      const state = BLOCK_STATES[Number(entry & 7n)]
      if (state === 'zeros') return undefined
      const start = entry & PLACE_MASK
      const isInside = start > 0n && start + BigInt(usedBytes) <= BigInt(source.size)
      if (state === 'present' && isInside) return Number(start)
      throw raise('VHDX_TABLE_INVALID', {
        source: source.name,
        guestOffsetBytes: block * blockBytes,
        found: `0x${entry.toString(16)}`,
        state:
          state === undefined
            ? `the state ${entry & 7n} is none of a disk without a parent`
            : `it points outside of the blocks of the file, ${source.size} bytes`,
      })
    },
  })
  return { variant, blockBytes, sectorBytes, source: diskOfRuns({ name: source.name, sizeBytes, runs }) }
}
