/**
 * FAT12, FAT16 and FAT32 with long names, as Linux’ vfat shows them: which of the three it is, what a name is, how names
 * are compared, what rights files have. Reference: Microsoft, “FAT32 File System Specification” 1.03; fs/fat of Linux 6.1.
 *
 * Of several tables the first (or the one in use) is read, the others are not compared with it. Not read: exFAT, the
 * backup boot sector, OS/2’s extended attributes, Atari’s variants; short names are taken for code page 437.
 */
import { cached } from '../../bytes/index.ts'
import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import type { FileSystem, FileSystemFacts } from '../filesystem/index.ts'
import { entriesOf } from './directory.ts'
import { raise } from './errors.ts'
import { FatFileSystem } from './fat-file-system.ts'
import { warning } from './findings.ts'
import { BOOT_BYTES, geometryOf } from './geometry.ts'
import type { Geometry } from './geometry.ts'
import { INFO_SECTOR } from './layout.ts'
import { labelText } from './names.ts'
import { Table, placeOf } from './table.ts'

/** Boot sector, number of free clusters and, of a small one, table and root directory lie within the first. */
const BLOCK_BYTES = 32 * 1024

/** Throws FAT_MISSING, FAT_UNSUPPORTED, FAT_TRUNCATED, FAT_CHAIN_BROKEN (for the root directory). */
export async function openFat(
  source: ByteSource,
  options: Readonly<{ signal?: AbortSignal }> = {},
): Promise<FileSystem> {
  const { signal } = options
  if (source.size < BOOT_BYTES) {
    throw raise('FAT_TRUNCATED', { source: source.name, expectedBytes: BOOT_BYTES, foundBytes: source.size })
  }
  const metadata = cached(source, { blockBytes: BLOCK_BYTES, blocks: 16 })
  const geometry = geometryOf(await metadata.read(0, BOOT_BYTES, signal), source)
  const table = new Table(metadata, geometry)
  const warnings: ReaderWarning[] = []
  const isDirty = geometry.isDirty || (await table.isMarkedDirty(signal))
  if (isDirty) warnings.push(warning('FAT_DIRTY', `"${source.name}" was not unmounted, or had an error`))
  const noted = await notedFree(metadata, geometry, signal)
  if (noted === 'damaged') {
    warnings.push(warning('FAT_INFO_DAMAGED', `byte ${geometry.infoOffsetBytes} of "${source.name}"`))
  }
  const free = typeof noted === 'number' ? noted : await countFree(table, signal)
  const facts: FileSystemFacts = {
    type: 'vfat',
    label: (await rootLabel(metadata, geometry, table, signal)) ?? '',
    uuid: serialText(geometry),
    blockSizeBytes: geometry.clusterBytes,
    sectorSizeBytes: geometry.sectorBytes,
    sizeBytes: geometry.sizeBytes,
    freeBytes: free * geometry.clusterBytes,
    features: [`fat${geometry.bits}`],
    clean: !isDirty,
  }
  return new FatFileSystem({ source, metadata, geometry, table, facts, warnings })
}

/** What FAT32 keeps in a sector of its own; only a hint, so that it is taken for true only where it can be. */
async function notedFree(
  source: ByteSource,
  { infoOffsetBytes, clusters, sizeBytes }: Geometry,
  signal?: AbortSignal,
): Promise<number | 'none' | 'damaged'> {
  if (infoOffsetBytes === undefined || infoOffsetBytes + INFO_SECTOR.sizeBytes > sizeBytes) return 'none'
  const info = INFO_SECTOR.read(await source.read(infoOffsetBytes, INFO_SECTOR.sizeBytes, signal))
  const isSigned =
    info.leadSignature === 0x41_61_52_52 &&
    info.signature === 0x61_41_72_72 &&
    info.trailSignature === 0xaa_55_00_00
  if (!isSigned) return 'damaged'
  // Nobody has counted.
  if (info.freeClusters === 0xff_ff_ff_ff) return 'none'
  return info.freeClusters <= clusters ? info.freeClusters : 'damaged'
}

async function countFree(table: Table, signal?: AbortSignal): Promise<number> {
  let free = 0
  for await (const { count, isFree } of table.usage(signal)) if (isFree) free += count
  return free
}

/** The label is an entry of the root directory, commonly the first; that of the boot sector may be older. */
async function rootLabel(
  source: ByteSource,
  geometry: Geometry,
  table: Table,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { root } = geometry
  // As much as is looked at anyway by whoever lists it.
  const pieces =
    'offsetBytes' in root
      ? [root]
      : (
          await table.chain(
            root.cluster,
            Math.ceil((2 * 1024 * 1024) / geometry.clusterBytes),
            'directory',
            signal,
          )
        ).map((run) => placeOf(run, geometry))
  for await (const { isLabel, entry } of entriesOf(source, pieces, signal)) {
    if (isLabel) return labelText(entry.name)
  }
  return undefined
}

/** As blkid: `1234-ABCD`; a zero is none. */
function serialText({ serial }: Geometry): string {
  if (serial === undefined || serial === 0) return ''
  const hex = serial.toString(16).toUpperCase().padStart(8, '0')
  return `${hex.slice(0, 4)}-${hex.slice(4)}`
}
