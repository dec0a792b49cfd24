import { toDiskSize, toSafe } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import {
  DEFLATE,
  DIRECTORY_IN_FOOTER,
  FLAG,
  FOOTER_FROM_END,
  FOOTER_MARKER_FROM_END,
  FOOTER_MARKER_TYPE,
  LINE_END,
  LINE_END_OFFSET,
  MARKER,
  MAX_GRAIN_SECTORS,
  MAX_PACKED_GRAIN_SECTORS,
  MAX_TABLE_ENTRIES,
  MAX_VERSION,
  SECTOR_BYTES,
  SPARSE_HEADER,
  SPARSE_MAGIC,
} from './layout.ts'

export type SparseHeader = Readonly<{
  sizeBytes: number
  grainBytes: number
  tableEntries: number
  directoryOffset: number
  directoryEntries: number
  /** Undefined where the file has no descriptor in it. */
  descriptor: Readonly<{ offsetBytes: number; lengthBytes: number }> | undefined
  packed: Readonly<{ markers: boolean }> | undefined
  hasZeroedGrains: boolean
  isUnclean: boolean
}>

/** Reads and checks the header of a sparse extent, or the copy of it at the end. Throws VMDK_… as errors.ts lists them. */
export async function readSparseHeader(source: ByteSource, signal?: AbortSignal): Promise<SparseHeader> {
  const first = await source.read(0, Math.min(SECTOR_BYTES, source.size), signal)
  const head = SPARSE_HEADER.read(first)
  const isAtEnd = head.directoryOffset === DIRECTORY_IN_FOOTER
  const base = isAtEnd ? Math.floor(source.size / SECTOR_BYTES) * SECTOR_BYTES - FOOTER_FROM_END : 0
  const block = isAtEnd ? await readFooter(source, base, signal) : first
  const header = SPARSE_HEADER.read(block, base)
  const invalid = (field: string, offset: number, found: number | string, expected: string) =>
    raise('VMDK_HEADER_INVALID', { source: source.name, field, offsetBytes: base + offset, found, expected })

  if (header.magic !== SPARSE_MAGIC) throw invalid('the magic number', 0, hex(header.magic), 'KDMV')
  if (header.version < 1 || header.version > MAX_VERSION) {
    throw raise('VMDK_VERSION_UNSUPPORTED', { source: source.name, version: header.version })
  }
  const lineEnd = new TextDecoder('latin1').decode(block.subarray(LINE_END_OFFSET, LINE_END_OFFSET + 4))
  if ((header.flags & FLAG.lineEndTest) !== 0 && lineEnd !== LINE_END) {
    throw raise('VMDK_CHANGED_AS_TEXT', { source: source.name })
  }
  const isPacked = (header.flags & FLAG.compressed) !== 0 || header.compression !== 0
  if (isPacked && header.compression !== DEFLATE) {
    throw invalid('the compression', 77, header.compression, '1 (deflate)')
  }
  const grainSectors = toSafe(header.grainSectors, 'the grain size of the VMDK')
  const isPower = grainSectors > 0 && 2 ** Math.round(Math.log2(grainSectors)) === grainSectors
  const mostSectors = isPacked ? MAX_PACKED_GRAIN_SECTORS : MAX_GRAIN_SECTORS
  if (!isPower || grainSectors > mostSectors) {
    throw invalid('the grain size', 20, grainSectors, `a power of two, 1 to ${mostSectors}`)
  }
  const { tableEntries } = header
  if (tableEntries < 1 || tableEntries > MAX_TABLE_ENTRIES) {
    throw invalid('the count of grain table entries', 44, tableEntries, `1 to ${MAX_TABLE_ENTRIES}`)
  }
  const bytesOf = (field: bigint, name: string): number =>
    toSafe(field * BigInt(SECTOR_BYTES), `the ${name} of the VMDK`)
  const sizeBytes = toDiskSize(header.capacity * BigInt(SECTOR_BYTES), source)
  const grainBytes = grainSectors * SECTOR_BYTES
  const directoryOffset = bytesOf(header.directoryOffset, 'grain directory offset')
  const directoryEntries = Math.ceil(sizeBytes / (grainBytes * tableEntries))
  const isInside = directoryOffset >= SECTOR_BYTES && directoryOffset + directoryEntries * 4 <= source.size
  if (directoryEntries > 0 && !isInside) {
    throw invalid(
      'the grain directory offset',
      56,
      directoryOffset,
      'a place behind the header, inside the file',
    )
  }
  // The footer has none: that of the first sector counts.
  const descriptorOffset = bytesOf(head.descriptorOffset, 'descriptor offset')
  const descriptorBytes = bytesOf(head.descriptorSectors, 'descriptor size')
  return {
    sizeBytes,
    grainBytes,
    tableEntries,
    directoryOffset,
    directoryEntries,
    descriptor:
      descriptorOffset === 0 || descriptorBytes === 0
        ? undefined
        : { offsetBytes: descriptorOffset, lengthBytes: descriptorBytes },
    packed: isPacked ? { markers: (header.flags & FLAG.markers) !== 0 } : undefined,
    hasZeroedGrains: (header.flags & FLAG.zeroedGrains) !== 0,
    isUnclean: header.uncleanShutdown !== 0,
  }
}

async function readFooter(source: ByteSource, base: number, signal?: AbortSignal): Promise<Uint8Array> {
  const missing = (): Error => raise('VMDK_FOOTER_MISSING', { source: source.name })
  const start = base + FOOTER_FROM_END - FOOTER_MARKER_FROM_END
  if (start < SECTOR_BYTES) throw missing()
  const end = await source.read(start, FOOTER_MARKER_FROM_END, signal)
  const marker = MARKER.read(end, start)
  const footer = end.subarray(SECTOR_BYTES, 2 * SECTOR_BYTES)
  const last = MARKER.read(end.subarray(2 * SECTOR_BYTES), start + 2 * SECTOR_BYTES)
  const isSound =
    marker.sizeBytes === 0 &&
    marker.type === FOOTER_MARKER_TYPE &&
    SPARSE_HEADER.read(footer, base).magic === SPARSE_MAGIC &&
    last.sectors === 0n &&
    last.sizeBytes === 0 &&
    last.type === 0
  if (!isSound) throw missing()
  return footer
}

function hex(value: number): string {
  return `0x${value.toString(16)}`
}
