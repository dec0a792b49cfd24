import { cached, windowOf } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { diskOfRuns, tableRuns } from '../block-map/index.ts'
import { readDynamicHeader } from './dynamic-header.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import { readFooter } from './footer.ts'
import type { FoundFooter } from './footer.ts'
import { SECTOR_BYTES, UNUSED_ENTRY } from './layout.ts'
import { writtenRuns } from './written-runs.ts'

/**
 * VHD of Virtual PC, Hyper-V, Azure, XenServer and VirtualBox: Microsoft's "Virtual Hard Disk Image Format
 * Specification" 1.0.
 *
 * Read: fixed and dynamic disks, also with the footer of 511 bytes of old versions. Refused by name: differencing disks.
 * Nothing is ever written.
 */
export type Vhd = Readonly<{
  variant: 'fixed' | 'dynamic'
  /** As the footer has it: `vpc `, `win `, `qemu`. */
  creator: string
  warnings: readonly ReaderWarning[]
  /** The disk. */
  source: ByteSource
}>

const METADATA_CACHE = { blockBytes: 4096, blocks: 512, maxReadBytes: 65_536 } as const

/** Opens an image; reads its footer and header. Throws VHD_… as errors.ts lists them. */
export async function openVhd(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<Vhd> {
  const found = await readFooter(source, options.signal)
  const { type, creator, sizeBytes } = found.footer
  if (type === 'fixed') {
    return { variant: 'fixed', creator, warnings: [], source: fixedDisk(source, found) }
  }
  const metadata = cached(source, METADATA_CACHE)
  const header = await readDynamicHeader(metadata, found.footer, options.signal)
  const { tableOffset, blockBytes, bitmapBytes } = header
  const runs = tableRuns({
    metadata,
    structure: 'VHD block allocation table',
    offsetBytes: tableOffset,
    entryBytes: 4,
    blockBytes,
    sizeBytes,
    host: source,
    locate(table, at, block, lengthBytes) {
      const entry = table.u32be(at)
      if (entry === UNUSED_ENTRY) return undefined
      const start = entry * SECTOR_BYTES + bitmapBytes
      const state =
        entry === 0
          ? 'it points to the footer at the start'
          : start + lengthBytes > source.size
            ? `it points beyond the end of the file, ${source.size}`
            : undefined
      if (state === undefined) return start
      const guestOffsetBytes = block * blockBytes
      throw raise('VHD_TABLE_INVALID', { source: source.name, guestOffsetBytes, found: entry, state })
    },
  })
  const written = writtenRuns(runs, metadata, header)
  const warnings =
    found.endOffset === undefined
      ? [warning('VHD_CUT_SHORT', `VHD "${source.name}" does not end with a footer, at byte ${source.size}`)]
      : []
  return {
    variant: 'dynamic',
    creator,
    warnings,
    source: diskOfRuns({ name: source.name, sizeBytes, runs: written }),
  }
}

/** The file without its footer. */
function fixedDisk(source: ByteSource, { footer, endOffset = 0 }: FoundFooter): ByteSource {
  if (footer.sizeBytes <= endOffset) return windowOf(source, 0, footer.sizeBytes, source.name)
  throw raise('VHD_HEADER_INVALID', {
    source: source.name,
    field: 'the current size',
    offsetBytes: endOffset + 48,
    found: footer.sizeBytes,
    expected: `at most ${endOffset}, as the file has`,
  })
}
