import { cached, toDiskSize } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { diskOfRuns, tableRuns } from '../block-map/index.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import {
  BLOCK_FREE,
  BLOCK_ZERO,
  HEADER,
  IMAGE_TYPES,
  MAX_BLOCK_BYTES,
  MIN_BLOCK_BYTES,
  VDI_SIGNATURE,
  VDI_VERSION,
} from './layout.ts'

/**
 * VirtualBox's VDI, version 1.1: VDICore.h and VDI.cpp of VirtualBox, block/vdi.c of QEMU.
 *
 * Read: dynamic and static images, blocks of any power of two, blocks with extra bytes before them. Refused by name:
 * differencing and undo images, other versions. Nothing is ever written.
 */
export type Vdi = Readonly<{
  variant: 'dynamic' | 'static'
  blockBytes: number
  warnings: readonly ReaderWarning[]
  /** The disk. */
  source: ByteSource
}>

const METADATA_CACHE = { blockBytes: 65_536, blocks: 128 } as const

/** Opens an image; reads its header. Throws VDI_… as errors.ts lists them. */
export async function openVdi(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<Vdi> {
  const metadata = cached(source, METADATA_CACHE)
  const header = await readHeader(metadata, options.signal)
  const { variant, blockBytes, blockExtraBytes, dataOffset, tableOffset, diskBytes, allocatedBlocks } = header
  const strideBytes = blockBytes + blockExtraBytes
  const runs = tableRuns({
    metadata,
    structure: 'VDI block map',
    offsetBytes: tableOffset,
    entryBytes: 4,
    blockBytes,
    sizeBytes: diskBytes,
    host: source,
    locate(table, at, block, lengthBytes) {
      const entry = table.u32le(at)
      if (entry === BLOCK_FREE || entry === BLOCK_ZERO) return undefined
      const start = dataOffset + entry * strideBytes + blockExtraBytes
      if (start + lengthBytes <= source.size) return start
      const [guestOffsetBytes, fileBytes] = [block * blockBytes, source.size]
      throw raise('VDI_TABLE_INVALID', { source: source.name, guestOffsetBytes, found: entry, fileBytes })
    },
  })
  const warnings: ReaderWarning[] = []
  // The last block in the file may be the last of the disk, and cut where that ends.
  const lastBytes = diskBytes % blockBytes === 0 ? blockBytes : diskBytes % blockBytes
  const leastBytes = dataOffset + (allocatedBlocks - 1) * strideBytes + blockExtraBytes + lastBytes
  if (allocatedBlocks > 0 && leastBytes > source.size) {
    warnings.push(
      warning(
        'VDI_CUT_SHORT',
        `VDI "${source.name}" ends at byte ${source.size}, and ${allocatedBlocks} blocks reach beyond it`,
      ),
    )
  }
  return {
    variant,
    blockBytes,
    warnings,
    source: diskOfRuns({ name: source.name, sizeBytes: diskBytes, runs }),
  }
}

type Header = Readonly<{
  variant: 'dynamic' | 'static'
  diskBytes: number
  blockBytes: number
  blockExtraBytes: number
  tableOffset: number
  dataOffset: number
  allocatedBlocks: number
}>

async function readHeader(source: ByteSource, signal: AbortSignal | undefined): Promise<Header> {
  const header = HEADER.read(await source.read(0, Math.min(HEADER.sizeBytes, source.size), signal))
  const { signature, version, type, tableOffset, dataOffset, sectorBytes, blockBytes, blocks } = header
  const invalid = (field: string, offsetBytes: number, found: number | string, expected: string) =>
    raise('VDI_HEADER_INVALID', { source: source.name, field, offsetBytes, found, expected })
  if (signature !== VDI_SIGNATURE) {
    throw invalid('the signature', 64, `0x${signature.toString(16)}`, '0xbeda107f')
  }
  if (version !== VDI_VERSION) {
    throw raise('VDI_VERSION_UNSUPPORTED', {
      source: source.name,
      version: `${version >>> 16}.${version & 0xffff}`,
    })
  }
  const name = IMAGE_TYPES[type]
  if (name === undefined) throw invalid('the image type', 76, type, '1 to 4')
  const hasParent = header.parentUuid.some((byte) => byte !== 0)
  if (name === 'undo' || name === 'differencing' || hasParent) {
    throw raise('VDI_DIFFERENCING', { source: source.name, type: name === 'undo' ? name : 'differencing' })
  }
  if (sectorBytes !== 512) throw invalid('the sector size', 360, sectorBytes, '512')
  const isPower = blockBytes > 0 && (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes < MIN_BLOCK_BYTES || blockBytes > MAX_BLOCK_BYTES) {
    throw invalid(
      'the block size',
      376,
      blockBytes,
      `a power of two, ${MIN_BLOCK_BYTES} to ${MAX_BLOCK_BYTES}`,
    )
  }
  // VirtualBox makes such disks from raw files of any length; QEMU and VirtualBox show whole sectors.
  const diskBytes = Math.ceil(toDiskSize(header.diskBytes, source) / 512) * 512
  const needed = Math.ceil(diskBytes / blockBytes)
  if (blocks < needed) throw invalid('the count of blocks', 384, blocks, `at least ${needed}`)
  if (tableOffset < HEADER.sizeBytes || tableOffset + needed * 4 > source.size) {
    throw invalid(
      'the offset of the block map',
      340,
      tableOffset,
      'a place behind the header, inside the file',
    )
  }
  if (dataOffset < tableOffset + needed * 4) {
    throw invalid('the offset of the data', 344, dataOffset, 'a place behind the block map')
  }
  const { blockExtraBytes, allocatedBlocks } = header
  return {
    variant: name === 'static' ? 'static' : 'dynamic',
    diskBytes,
    blockBytes,
    blockExtraBytes,
    tableOffset,
    dataOffset,
    allocatedBlocks,
  }
}
