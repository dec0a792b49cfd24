/**
 * GUID partition tables (UEFI 2.10, chapter 5): both headers and both arrays of entries with their checksums. A damaged
 * primary is replaced by the backup, with a warning; where both are sound and disagree, the primary counts and what
 * differs is named. Sectors of 512 or 4096 bytes are told apart by where a sound header lies.
 *
 * Not read: MBR partitions beside the GPT (a hybrid MBR is warned of), and headers of revision 2.
 */
import { cached, formatGuid, windowOf } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import {
  PARTITION_FLAGS,
  besideProtective,
  isProtective,
  overlapsOf,
  readBootEntries,
} from '../partition-table/index.ts'
import type { Partition, PartitionFlag, PartitionTable } from '../partition-table/index.ts'
import { chooseCopy } from './choose-copy.ts'
import { discoverableType } from './discoverable.ts'
import { raise } from './errors.ts'
import { warning } from './findings.ts'
import { GPT_ENTRY } from './layout.ts'
import { hasSignature } from './read-copy.ts'
import type { Copy } from './read-copy.ts'
import { TYPE_NAMES } from './type-names.ts'

export type GptOptions = Readonly<{
  /** Of the disk that the image was taken from; found out where it is not given. */
  sectorSizeBytes?: 512 | 4096
  signal?: AbortSignal
}>

/** Of 512-byte sectors: boot sector, header and 128 entries end at 17 KiB; of 4096-byte ones at 24 KiB. */
const HEAD_BYTES = 32 * 1024

/**
 * Whether there is a GPT's header in the second sector, of 512 or 4096 bytes. A disk of which only the backup is left is
 * not found so: there `classifyMbr` says `protective`, and `openGpt` reads it. One read of 4104 bytes.
 */
export async function probeGpt(source: ByteSource): Promise<boolean> {
  const head = await source.read(0, Math.min(source.size, 4104))
  return hasSignature(head.subarray(512)) || hasSignature(head.subarray(4096))
}

/** The partitions of a GPT, by number. Throws GPT_MISSING, GPT_DAMAGED, GPT_PARTITION_OUT_OF_RANGE. */
export async function openGpt(source: ByteSource, options: GptOptions = {}): Promise<PartitionTable> {
  const metadata = cached(source, { blockBytes: HEAD_BYTES, blocks: 4 })
  const sizes = options.sectorSizeBytes === undefined ? [512, 4096] : [options.sectorSizeBytes]
  const { copy, warnings } = await chooseCopy(metadata, sizes, options.signal)
  const partitions = partitionsOf(source, copy)
  return {
    scheme: 'gpt',
    id: formatGuid(copy.header.diskGuid),
    sectorSizeBytes: copy.sectorSizeBytes,
    partitions,
    warnings: [
      ...warnings,
      ...(await aboutMbr(metadata, options.signal)),
      ...overlapsOf(partitions).map((pair) =>
        warning('GPT_PARTITIONS_OVERLAP', `partitions ${pair} of "${source.name}" overlap`),
      ),
      ...outsideOfUsable(partitions, copy).map((number) =>
        warning(
          'GPT_PARTITION_OUTSIDE_USABLE',
          `partition ${number} of "${source.name}" is not among usable sectors`,
        ),
      ),
    ],
  }
}

function partitionsOf(source: ByteSource, copy: Copy): readonly Partition[] {
  const { header, entries, sectorSizeBytes } = copy
  const imageLastSector = Math.floor(source.size / sectorSizeBytes) - 1
  const found: Partition[] = []
  for (let index = 0; index < header.entryCount; index += 1) {
    const start = index * header.entryBytes
    const raw = entries.subarray(start, start + GPT_ENTRY.sizeBytes)
    if (raw.subarray(0, 16).every((byte) => byte === 0)) continue
    const entryOffsetBytes = copy.entriesOffsetBytes + start
    const entry = GPT_ENTRY.read(raw, entryOffsetBytes)
    const number = index + 1
    if (entry.firstSector > entry.lastSector || entry.lastSector > BigInt(imageLastSector)) {
      throw raise('GPT_PARTITION_OUT_OF_RANGE', {
        source: source.name,
        number,
        entryOffsetBytes,
        firstSector: entry.firstSector.toString(),
        lastSector: entry.lastSector.toString(),
        imageLastSector,
      })
    }
    const offsetBytes = Number(entry.firstSector) * sectorSizeBytes
    const lengthBytes = (Number(entry.lastSector - entry.firstSector) + 1) * sectorSizeBytes
    const type = formatGuid(entry.typeGuid)
    const flags = flagsOf(entry.attributes)
    const typeAttributes = Number(entry.attributes >> 48n)
    found.push({
      number,
      offsetBytes,
      lengthBytes,
      type,
      typeName: TYPE_NAMES[type] ?? discoverableType(type)?.typeName ?? '',
      label: nameOf(entry.name),
      partUuid: formatGuid(entry.partGuid),
      bootable: flags.includes('legacy-boot'),
      flags,
      ...(typeAttributes > 0 && { typeAttributes }),
      source: windowOf(source, offsetBytes, lengthBytes, `partition ${number} of "${source.name}"`),
    })
  }
  return found
}

function flagsOf(attributes: bigint): readonly PartitionFlag[] {
  return Object.entries(PARTITION_FLAGS)
    .filter(([, bit]) => ((attributes >> BigInt(bit)) & 1n) === 1n)
    .map(([name]) => name as PartitionFlag)
}

const UTF_16 = new TextDecoder('utf-16le', { ignoreBOM: true })

/** 36 UTF-16 units, up to the first that is zero; half a surrogate pair shows as U+FFFD. */
function nameOf(raw: Uint8Array): string {
  let end = 0
  while (end < raw.length && (raw[end] !== 0 || raw[end + 1] !== 0)) end += 2
  return UTF_16.decode(raw.subarray(0, end))
}

function outsideOfUsable(partitions: readonly Partition[], copy: Copy): readonly number[] {
  const { header, sectorSizeBytes } = copy
  return partitions
    .filter(({ offsetBytes, lengthBytes }) => {
      const first = BigInt(offsetBytes / sectorSizeBytes)
      const last = first + BigInt(lengthBytes / sectorSizeBytes) - 1n
      return first < header.firstUsable || last > header.lastUsable
    })
    .map(({ number }) => number)
}

async function aboutMbr(source: ByteSource, signal?: AbortSignal): Promise<readonly ReaderWarning[]> {
  const entries = readBootEntries(await source.read(0, 512, signal))?.entries ?? []
  if (!isProtective(entries)) {
    return [
      warning(
        'GPT_PROTECTIVE_MBR_MISSING',
        `the first sector of "${source.name}" has no partition of type 0xee`,
      ),
    ]
  }
  const others = besideProtective(entries).length
  if (others === 0) return []
  return [
    warning(
      'GPT_HYBRID_MBR',
      `the MBR of "${source.name}" lists ${others} more besides the one of type 0xee`,
    ),
  ]
}
