import { Cursor, formatGuid } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { invalid } from './header.ts'
import type { Region } from './header.ts'
import {
  FIXED_FLAG,
  HAS_PARENT_FLAG,
  ITEM,
  MAX_BLOCK_BYTES,
  MAX_DISK_BYTES,
  METADATA_BYTES,
  METADATA_ENTRY,
  METADATA_HEADER,
  METADATA_REQUIRED,
  MIN_BLOCK_BYTES,
  MOST_ENTRIES,
} from './layout.ts'

export type Metadata = Readonly<{
  variant: 'dynamic' | 'fixed'
  sizeBytes: number
  blockBytes: number
  sectorBytes: 512 | 4096
}>

type Items = ReadonlyMap<string, Region>

const KNOWN: ReadonlySet<string> = new Set(Object.values(ITEM))
const MOST_LOCATOR_BYTES = 64 * 1024

/** Throws VHDX_HEADER_INVALID, VHDX_FEATURE_UNKNOWN, VHDX_DIFFERENCING. */
export async function readMetadata(
  source: ByteSource,
  region: Region,
  signal?: AbortSignal,
): Promise<Metadata> {
  const items = await readItems(source, region, signal)
  const number = async (name: keyof typeof ITEM, lengthBytes: 4 | 8): Promise<readonly [number, number]> => {
    const item = items.get(ITEM[name])
    if (item === undefined || item.lengthBytes < lengthBytes) {
      throw invalid(
        source,
        `the metadata item ${name}`,
        region.offsetBytes,
        'missing',
        `${lengthBytes} bytes`,
      )
    }
    const cursor = new Cursor(
      await source.read(item.offsetBytes, lengthBytes, signal),
      name,
      item.offsetBytes,
    )
    return [lengthBytes === 8 ? cursor.safe64le(0) : cursor.u32le(0), item.offsetBytes]
  }
  const parameters = items.get(ITEM.fileParameters)
  const [blockBytes, blockAt] = await number('fileParameters', 4)
  const flags =
    parameters === undefined || parameters.lengthBytes < 8
      ? 0
      : new Cursor(await source.read(parameters.offsetBytes + 4, 4, signal), 'file parameters').u32le(0)
  if ((flags & HAS_PARENT_FLAG) !== 0) {
    const name = await parentName(source, items.get(ITEM.parentLocator), signal)
    throw raise('VHDX_DIFFERENCING', { source: source.name, name })
  }
  const isPower = (blockBytes & (blockBytes - 1)) === 0
  if (!isPower || blockBytes < MIN_BLOCK_BYTES || blockBytes > MAX_BLOCK_BYTES) {
    throw invalid(source, 'the block size', blockAt, blockBytes, 'a power of two, 1 MiB to 256 MiB')
  }
  const [sectorBytes, sectorAt] = await number('logicalSectorSize', 4)
  if (sectorBytes !== 512 && sectorBytes !== 4096) {
    throw invalid(source, 'the logical sector size', sectorAt, sectorBytes, '512 or 4096')
  }
  const [sizeBytes, sizeAt] = await number('diskSize', 8)
  if (sizeBytes % sectorBytes !== 0 || sizeBytes > MAX_DISK_BYTES) {
    throw invalid(
      source,
      'the disk size',
      sizeAt,
      sizeBytes,
      `whole sectors, at most ${MAX_DISK_BYTES} bytes`,
    )
  }
  return { variant: (flags & FIXED_FLAG) === 0 ? 'dynamic' : 'fixed', sizeBytes, blockBytes, sectorBytes }
}

async function readItems(source: ByteSource, region: Region, signal?: AbortSignal): Promise<Items> {
  const { offsetBytes: base, lengthBytes } = region
  const block = await source.read(base, Math.min(METADATA_BYTES, lengthBytes), signal)
  const { signature, entries } = METADATA_HEADER.read(block, base)
  if (signature !== 'metadata')
    throw invalid(source, 'the signature of the metadata', base, signature, 'metadata')
  if (entries > MOST_ENTRIES) {
    throw invalid(source, 'the count of metadata entries', base + 10, entries, `at most ${MOST_ENTRIES}`)
  }
  const items = new Map<string, Region>()
  for (let index = 0; index < entries; index += 1) {
    const at = METADATA_HEADER.sizeBytes + index * METADATA_ENTRY.sizeBytes
    const entry = METADATA_ENTRY.read(block.subarray(at, at + METADATA_ENTRY.sizeBytes), base + at)
    const guid = formatGuid(entry.guid)
    if (!KNOWN.has(guid)) {
      if ((entry.flags & METADATA_REQUIRED) === 0) continue
      throw raise('VHDX_FEATURE_UNKNOWN', { source: source.name, kind: 'metadata item', guid })
    }
    if (entry.offset + entry.lengthBytes > lengthBytes) {
      throw invalid(
        source,
        'the end of a metadata item',
        base + at,
        entry.offset + entry.lengthBytes,
        'inside the region',
      )
    }
    items.set(guid, { offsetBytes: base + entry.offset, lengthBytes: entry.lengthBytes })
  }
  return items
}

/** 2.6.2.6: pairs of keys and values in UTF-16; where the parent lies has three of them. */
async function parentName(
  source: ByteSource,
  item: Region | undefined,
  signal?: AbortSignal,
): Promise<string> {
  if (item === undefined) return 'a parent that it does not name'
  const length = Math.min(item.lengthBytes, MOST_LOCATOR_BYTES)
  const cursor = new Cursor(await source.read(item.offsetBytes, length, signal), 'VHDX parent locator')
  const pairs = new Map<string, string>()
  for (let index = 0; index < cursor.u16le(18); index += 1) {
    const at = 20 + index * 12
    const text = (offset: number, bytes: number): string =>
      new TextDecoder('utf-16le').decode(cursor.slice(offset, bytes))
    const key = text(cursor.u32le(at), cursor.u16le(at + 8))
    pairs.set(key, text(cursor.u32le(at + 4), cursor.u16le(at + 10)))
  }
  return (
    pairs.get('relative_path') ?? pairs.get('absolute_win32_path') ?? pairs.get('volume_path') ?? 'a parent'
  )
}
