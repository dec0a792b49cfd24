import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import { BOOT_SECTOR, BOOT_SECTOR_16, BOOT_SECTOR_32, ENTRY_BYTES } from './layout.ts'

/** Where everything lies, in bytes. */
export type Geometry = Readonly<{
  bits: 12 | 16 | 32
  sizeBytes: number
  /** As the boot sector says; not every disk has such. */
  sectorBytes: number
  clusterBytes: number
  tableOffsetBytes: number
  tableBytes: number
  /** Of cluster 2, the first. */
  dataOffsetBytes: number
  /** They are numbered from 2 on. */
  clusters: number
  /** FAT12 and FAT16 have a place for the root directory; FAT32 has a first cluster. */
  root: Readonly<{ offsetBytes: number; lengthBytes: number }> | Readonly<{ cluster: number }>
  /** Of the sector that holds the number of free clusters; FAT32 only. */
  infoOffsetBytes?: number
  serial?: number
  /** Linux’ flag. */
  isDirty: boolean
}>

/** Largest numbers of clusters, as Linux has them (fs/fat/fat.h): what decides between FAT12 and FAT16. */
const MOST_CLUSTERS = { 12: 0xff4, 16: 0xfff4, 32: 0x0f_ff_ff_f6 } as const

export const BOOT_BYTES = 512

/** What the boot sector says is wrong with it as a FAT's: the name of a field. */
function unsoundField(boot: ReturnType<typeof BOOT_SECTOR.read>): keyof typeof boot | undefined {
  if (boot.jump !== 0xeb && boot.jump !== 0xe9) return 'jump'
  if (![512, 1024, 2048, 4096].includes(boot.sectorBytes)) return 'sectorBytes'
  const perCluster = boot.clusterSectors
  if (perCluster === 0 || (perCluster & (perCluster - 1)) !== 0) return 'clusterSectors'
  if (boot.reservedSectors === 0) return 'reservedSectors'
  if (boot.tables === 0) return 'tables'
  if (boot.media !== 0xf0 && boot.media < 0xf8) return 'media'
  return boot.sectors16 === 0 && boot.sectors32 === 0 ? 'sectors32' : undefined
}

/** Whether the first sector can be that of a FAT. Reads 512 bytes. */
export async function probeFat(source: ByteSource): Promise<boolean> {
  if (source.size < BOOT_BYTES) return false
  return unsoundField(BOOT_SECTOR.read(await source.read(0, BOOT_BYTES))) === undefined
}

/** Throws FAT_MISSING, FAT_UNSUPPORTED, FAT_TRUNCATED. */
export function geometryOf(sector: Uint8Array, source: ByteSource): Geometry {
  const boot = BOOT_SECTOR.read(sector)
  const field = unsoundField(boot)
  if (field !== undefined) {
    const { offsetBytes } = BOOT_SECTOR.fields[field]
    throw raise('FAT_MISSING', { source: source.name, field, offsetBytes, found: boot[field] })
  }
  const unsupported = (what: string): Error => raise('FAT_UNSUPPORTED', { source: source.name, what })
  // Linux: a FAT32 is what has no length of its tables at the old place.
  const is32 = boot.tableSectors16 === 0
  const wide = BOOT_SECTOR_32.read(sector)
  const narrow = BOOT_SECTOR_16.read(sector)
  const { sectorBytes } = boot
  const tableSectors = is32 ? wide.tableSectors : boot.tableSectors16
  const rootBytes = is32 ? 0 : Math.ceil((boot.rootEntries * ENTRY_BYTES) / sectorBytes) * sectorBytes
  const sectors = boot.sectors16 || boot.sectors32
  const sizeBytes = sectors * sectorBytes
  const tablesOffset = boot.reservedSectors * sectorBytes
  const tableBytes = tableSectors * sectorBytes
  const rootOffset = tablesOffset + boot.tables * tableBytes
  const dataOffsetBytes = rootOffset + rootBytes
  const clusterBytes = boot.clusterSectors * sectorBytes
  if (dataOffsetBytes > sizeBytes) throw unsupported('its tables are larger than it is')
  if (sizeBytes > source.size) {
    throw raise('FAT_TRUNCATED', { source: source.name, expectedBytes: sizeBytes, foundBytes: source.size })
  }
  if (!is32 && boot.rootEntries === 0) throw unsupported('its root directory has no entries')
  if (is32 && wide.version !== 0) throw unsupported(`it is of version 0x${wide.version.toString(16)}`)

  const counted = Math.floor((sizeBytes - dataOffsetBytes) / clusterBytes)
  const bits = is32 ? 32 : counted > MOST_CLUSTERS[12] ? 16 : 12
  const clusters = Math.min(counted, Math.floor((tableBytes * 8) / bits) - 2)
  if (clusters < 1 || clusters > MOST_CLUSTERS[bits]) throw unsupported(`it has ${counted} clusters`)
  // FAT32 may have one table in use out of several, instead of all of them alike.
  const active = is32 && (wide.flags & 0x80) !== 0 ? wide.flags & 0x0f : 0
  if (active >= boot.tables) throw unsupported(`its table ${active} is in use, of ${boot.tables}`)
  if (is32 && (wide.rootCluster < 2 || wide.rootCluster >= clusters + 2)) {
    throw unsupported(`its root directory is in cluster ${wide.rootCluster} of ${clusters}`)
  }
  const extended = is32 ? wide : narrow
  const infoOffsetBytes = wide.infoSector * sectorBytes
  const hasInfo = is32 && wide.infoSector > 0 && wide.infoSector < boot.reservedSectors
  return {
    bits,
    sizeBytes,
    sectorBytes,
    clusterBytes,
    tableOffsetBytes: tablesOffset + active * tableBytes,
    tableBytes,
    dataOffsetBytes,
    clusters,
    root: is32
      ? { cluster: wide.rootCluster }
      : { offsetBytes: rootOffset, lengthBytes: boot.rootEntries * ENTRY_BYTES },
    ...(hasInfo ? { infoOffsetBytes } : {}),
    ...((extended.signature & 0xfe) === 0x28 ? { serial: extended.serial } : {}),
    isDirty: (extended.state & 3) !== 0,
  }
}
