import { Cursor, toDiskSize } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { readExtensions } from './extensions.ts'
import {
  COMPRESSION_TYPE_OFFSET,
  HEADER_V2,
  HEADER_V3,
  INCOMPATIBLE,
  KNOWN_INCOMPATIBLE,
  MAX_CLUSTER_BITS,
  MAX_L1_BYTES,
  MIN_CLUSTER_BITS,
  MIN_CLUSTER_BITS_EXTENDED,
  QCOW2_MAGIC,
} from './layout.ts'

export type CompressionType = 'zlib' | 'zstd'

export type Header = Readonly<{
  version: 2 | 3
  clusterBits: number
  /** Of the disk, in bytes. */
  sizeBytes: number
  l1OffsetBytes: number
  /** Entries that the disk's size needs: the table may have more (saved states of machines lie behind the disk). */
  l1Entries: number
  compression: CompressionType
  extendedL2: boolean
  dirty: boolean
  snapshotCount: number
  backingFile?: Readonly<{ name: string; format: string | undefined }>
  /** Set where the data is in another file; '' where the image does not say in which. */
  dataFile?: string
}>

/** More than any header needs in practice, and one small read: names and extensions lie in the first cluster. */
const HEADER_READ_BYTES = 4096

const decoder = new TextDecoder('utf-8')

/** Reads and checks everything before the L1 table. Throws QCOW2_… as errors.ts lists them. */
export async function readHeader(source: ByteSource, signal?: AbortSignal): Promise<Header> {
  const block = await source.read(0, Math.min(HEADER_READ_BYTES, source.size), signal)
  // Before anything else: the sizes of what is no qcow2 may be no numbers.
  const start = new Cursor(block, 'qcow2 header')
  const magic = start.u32be(0)
  const version = start.u32be(4)
  const invalid = (field: string, offsetBytes: number, found: number | string, expected: string) =>
    raise('QCOW2_HEADER_INVALID', { source: source.name, field, offsetBytes, found, expected })

  if (magic !== QCOW2_MAGIC) throw invalid('the magic number', 0, `0x${magic.toString(16)}`, '0x514649fb')
  if (version !== 2 && version !== 3) {
    throw raise('QCOW2_VERSION_UNSUPPORTED', { source: source.name, version })
  }
  const v2 = HEADER_V2.read(block)
  const { clusterBits } = v2
  if (clusterBits < MIN_CLUSTER_BITS || clusterBits > MAX_CLUSTER_BITS) {
    throw invalid('cluster_bits', 20, clusterBits, `${MIN_CLUSTER_BITS} to ${MAX_CLUSTER_BITS}`)
  }
  const clusterBytes = 2 ** clusterBits
  const v3 = version === 3 ? HEADER_V3.read(block) : undefined
  const headerLength = v3?.headerLength ?? HEADER_V2.sizeBytes
  if (v3 !== undefined && (headerLength < HEADER_V3.sizeBytes || headerLength > clusterBytes)) {
    throw invalid('header_length', 100, headerLength, `104 to ${clusterBytes}`)
  }

  const first = await wholeFirstCluster(source, block, clusterBytes, headerLength, v2, signal)
  const extensionsEnd =
    v2.backingFileOffset === 0 ? clusterBytes : Math.min(v2.backingFileOffset, clusterBytes)
  const extensions = readExtensions(source.name, first, headerLength, extensionsEnd)
  const features = v3?.incompatibleFeatures ?? 0n
  checkFeatures(source.name, features, extensions.featureNames)
  if (v2.cryptMethod !== 0) {
    const method = ['none', 'AES', 'LUKS'][v2.cryptMethod] ?? `method ${v2.cryptMethod}`
    throw raise('QCOW2_ENCRYPTED', { source: source.name, method })
  }

  const extendedL2 = (features & INCOMPATIBLE.extendedL2) !== 0n
  if (extendedL2 && clusterBits < MIN_CLUSTER_BITS_EXTENDED) {
    throw invalid(
      'cluster_bits',
      20,
      clusterBits,
      `at least ${MIN_CLUSTER_BITS_EXTENDED} with extended L2 entries`,
    )
  }
  const compressionType =
    headerLength > COMPRESSION_TYPE_OFFSET ? new Cursor(first, 'qcow2 header').u8(COMPRESSION_TYPE_OFFSET) : 0
  const named = (features & INCOMPATIBLE.compressionType) !== 0n
  if (compressionType > 1 || (compressionType === 1) !== named) {
    throw invalid(
      'compression_type',
      COMPRESSION_TYPE_OFFSET,
      compressionType,
      named ? '1 (zstd)' : '0 (zlib)',
    )
  }

  // An L2 table fills one cluster; its entries have 8 bytes, or 16 where they are extended.
  const coveredBits = clusterBits * 2 - (extendedL2 ? 4 : 3)
  const sizeBytes = toDiskSize(v2.size, source)
  const l1Entries = Math.ceil(sizeBytes / 2 ** coveredBits)
  if (l1Entries * 8 > MAX_L1_BYTES)
    throw invalid('the disk size', 24, sizeBytes, 'one that 32 MiB of L1 table cover')
  if (v2.l1Size < l1Entries) throw invalid('l1_size', 36, v2.l1Size, `at least ${l1Entries}`)
  if (l1Entries > 0) {
    const { l1TableOffset } = v2
    const sound =
      l1TableOffset >= clusterBytes &&
      l1TableOffset % clusterBytes === 0 &&
      l1TableOffset + l1Entries * 8 <= source.size
    if (!sound)
      throw invalid(
        'l1_table_offset',
        40,
        l1TableOffset,
        'a whole cluster behind the header, inside the file',
      )
  }

  return {
    version,
    clusterBits,
    sizeBytes,
    l1OffsetBytes: v2.l1TableOffset,
    l1Entries,
    compression: compressionType === 1 ? 'zstd' : 'zlib',
    extendedL2,
    dirty: (features & INCOMPATIBLE.dirty) !== 0n,
    snapshotCount: v2.snapshotCount,
    ...(v2.backingFileOffset === 0
      ? {}
      : { backingFile: { name: backingName(), format: extensions.backingFormat } }),
    ...((features & INCOMPATIBLE.externalDataFile) === 0n ? {} : { dataFile: extensions.dataFile ?? '' }),
  }

  function backingName(): string {
    const { backingFileOffset: at, backingFileSize: length } = v2
    if (length === 0 || length > 1023) throw invalid('backing_file_size', 16, length, '1 to 1023')
    if (at < headerLength || at + length > clusterBytes) {
      throw invalid('backing_file_offset', 8, at, 'a place in the first cluster, behind the header')
    }
    return decoder.decode(new Cursor(first, 'qcow2 backing file name').slice(at, length))
  }
}

/** The bytes in which names and extensions may lie; nearly always those that were read already. */
async function wholeFirstCluster(
  source: ByteSource,
  block: Uint8Array,
  clusterBytes: number,
  headerLength: number,
  v2: Readonly<{ backingFileOffset: number; backingFileSize: number }>,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const wanted = Math.min(clusterBytes, source.size)
  if (wanted <= block.length) return block.subarray(0, wanted)
  const nameEnd = v2.backingFileOffset + v2.backingFileSize
  const extensionsEnd = endOfExtensions(block, headerLength)
  if (nameEnd <= block.length && extensionsEnd !== undefined) return block
  return source.read(0, wanted, signal)
}

/** Where the end mark of the extensions is found within the block; undefined where it lies behind. */
function endOfExtensions(block: Uint8Array, headerLength: number): number | undefined {
  const cursor = new Cursor(block, 'qcow2 header extensions')
  let offset = headerLength
  while (offset + 8 <= block.length) {
    if (cursor.u32be(offset) === 0) return offset + 8
    offset += 8 + Math.ceil(cursor.u32be(offset + 4) / 8) * 8
  }
  return undefined
}

function checkFeatures(source: string, features: bigint, names: ReadonlyMap<number, string>): void {
  const unknown = features & ~KNOWN_INCOMPATIBLE
  if (unknown !== 0n) {
    let bit = 0
    while ((unknown & (1n << BigInt(bit))) === 0n) bit += 1
    throw raise('QCOW2_FEATURE_UNKNOWN', { source, bit, name: names.get(bit) ?? 'which it does not name' })
  }
  if ((features & INCOMPATIBLE.corrupt) !== 0n) throw raise('QCOW2_CORRUPT', { source })
}
