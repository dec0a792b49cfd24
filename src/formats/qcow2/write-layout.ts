import { COMPRESSED_SECTOR_BYTES, COMPRESSION_TYPE_OFFSET, INCOMPATIBLE, QCOW2_MAGIC } from './layout.ts'
import type { CompressionType } from './header.ts'

/**
 * The metadata of a new qcow2 image (version 3, 64 KiB clusters, 16-bit reference counts, no snapshots) whose data
 * clusters are appended in the order of the disk: QEMU's docs/interop/qcow2.txt.
 *
 * The file is: header, the data clusters one behind the other, L2 tables, the L1 table, refcount blocks, the refcount
 * table. Only the header has to be known before the first data cluster; so the image can be written in one pass, and
 * the header again at its end. Compressed clusters follow one another byte by byte; one that is stored as it is begins at
 * a multiple of the cluster size.
 */
export const NEW_CLUSTER_BYTES = 65_536

const ENTRIES = NEW_CLUSTER_BYTES / 8
const REFCOUNTS = NEW_CLUSTER_BYTES / 2
/** L1 and L2 entries: the cluster's reference count is exactly one. */
const COPIED = 1n << 63n
/** L2 entries: the cluster is compressed; then, for clusters of 64 KiB, 54 bits of offset and 8 of further sectors. */
const COMPRESSED = 1n << 62n
const FURTHER_SECTORS_SHIFT = 54n

export type NewQcow2 = Readonly<{
  /** One cluster, for the beginning of the file. */
  header: Uint8Array<ArrayBuffer>
  /** Whole clusters, for behind the last data cluster. */
  tables: Uint8Array<ArrayBuffer>
}>

/** Where a data cluster is in the file. */
export type PlacedCluster = Readonly<{
  /** Its number on the disk. */
  cluster: number
  offsetBytes: number
  /** Of a compressed one. */
  packedBytes?: number
}>

/**
 * Header and tables for a disk of `sizeBytes` with these data clusters: numbers of clusters of the disk, ascending; the
 * first of them is the second cluster of the file, and so on.
 */
export function newQcow2(sizeBytes: number, dataClusters: readonly number[]): NewQcow2 {
  const placed = dataClusters.map((cluster, index) => ({
    cluster,
    offsetBytes: (1 + index) * NEW_CLUSTER_BYTES,
  }))
  return layQcow2({ sizeBytes, compression: 'zlib' }, placed, 1 + dataClusters.length)
}

/**
 * The same for data clusters that lie anywhere behind the header and before `tablesStart`, the cluster of the file in which
 * the tables begin. Clusters of the disk ascend.
 */
export function layQcow2(
  { sizeBytes, compression }: Readonly<{ sizeBytes: number; compression: CompressionType }>,
  placed: readonly PlacedCluster[],
  tablesStart: number,
): NewQcow2 {
  const l2Numbers = [...new Set(placed.map(({ cluster }) => Math.floor(cluster / ENTRIES)))]
  const l1Entries = Math.max(1, Math.ceil(sizeBytes / (NEW_CLUSTER_BYTES * ENTRIES)))
  const l1Start = tablesStart + l2Numbers.length
  const l1Clusters = Math.ceil(l1Entries / ENTRIES)
  const blocksStart = l1Start + l1Clusters
  const { blocks, tableClusters } = refcountSizes(blocksStart)
  const total = blocksStart + blocks + tableClusters

  const tables = new Uint8Array((total - tablesStart) * NEW_CLUSTER_BYTES)
  const view = new DataView(tables.buffer)
  const at = (cluster: number): number => (cluster - tablesStart) * NEW_CLUSTER_BYTES
  const offset = (cluster: number): bigint => BigInt(cluster) * BigInt(NEW_CLUSTER_BYTES)

  const tableOf = new Map(l2Numbers.map((number, index) => [number, tablesStart + index]))
  for (const [number, table] of tableOf) view.setBigUint64(at(l1Start) + number * 8, COPIED | offset(table))
  for (const one of placed) {
    const table = tableOf.get(Math.floor(one.cluster / ENTRIES)) ?? tablesStart
    view.setBigUint64(at(table) + (one.cluster % ENTRIES) * 8, l2Entry(one))
  }
  const counts = (cluster: number): number => at(blocksStart) + cluster * 2
  for (const cluster of [0, ...rangeOf(tablesStart, total)]) view.setUint16(counts(cluster), 1)
  for (const one of placed) {
    for (const cluster of hostClusters(one)) {
      view.setUint16(counts(cluster), view.getUint16(counts(cluster)) + 1)
    }
  }
  for (let block = 0; block < blocks; block += 1) {
    view.setBigUint64(at(blocksStart + blocks) + block * 8, offset(blocksStart + block))
  }
  const places = { l1Entries, l1: offset(l1Start), table: offset(blocksStart + blocks), tableClusters }
  return { header: headerOf(sizeBytes, compression, places), tables }
}

function l2Entry({ offsetBytes, packedBytes }: PlacedCluster): bigint {
  if (packedBytes === undefined) return COPIED | BigInt(offsetBytes)
  const { first, last } = sectorsOf(offsetBytes, packedBytes)
  return COMPRESSED | (BigInt(last - first) << FURTHER_SECTORS_SHIFT) | BigInt(offsetBytes)
}

function sectorsOf(offsetBytes: number, packedBytes: number): Readonly<{ first: number; last: number }> {
  return {
    first: Math.floor(offsetBytes / COMPRESSED_SECTOR_BYTES),
    last: Math.floor((offsetBytes + packedBytes - 1) / COMPRESSED_SECTOR_BYTES),
  }
}

/** Clusters of the file that a data cluster counts as a user of: of a compressed one, all that its sectors lie in. */
function* hostClusters({ offsetBytes, packedBytes }: PlacedCluster): Generator<number> {
  const { first, last } = sectorsOf(offsetBytes, packedBytes ?? NEW_CLUSTER_BYTES)
  const sectors = NEW_CLUSTER_BYTES / COMPRESSED_SECTOR_BYTES
  yield* rangeOf(Math.floor(first / sectors), Math.floor(last / sectors) + 1)
}

function* rangeOf(from: number, to: number): Generator<number> {
  for (let at = from; at < to; at += 1) yield at
}

/** Refcount blocks count themselves and their table, too. */
function refcountSizes(others: number): Readonly<{ blocks: number; tableClusters: number }> {
  let blocks = 0
  let tableClusters = 0
  for (;;) {
    const needed = Math.ceil((others + blocks + tableClusters) / REFCOUNTS)
    const neededTable = Math.max(1, Math.ceil(needed / ENTRIES))
    if (needed === blocks && neededTable === tableClusters) return { blocks, tableClusters }
    blocks = needed
    tableClusters = neededTable
  }
}

function headerOf(
  sizeBytes: number,
  compression: CompressionType,
  places: Readonly<{ l1Entries: number; l1: bigint; table: bigint; tableClusters: number }>,
): Uint8Array<ArrayBuffer> {
  const header = new Uint8Array(NEW_CLUSTER_BYTES)
  const view = new DataView(header.buffer)
  view.setUint32(0, QCOW2_MAGIC)
  view.setUint32(4, 3)
  view.setUint32(20, Math.log2(NEW_CLUSTER_BYTES))
  view.setBigUint64(24, BigInt(sizeBytes))
  view.setUint32(36, places.l1Entries)
  view.setBigUint64(40, places.l1)
  view.setBigUint64(48, places.table)
  view.setUint32(56, places.tableClusters)
  // refcount_order: 2^4 = 16 bits
  view.setUint32(96, 4)
  view.setUint32(100, 104)
  if (compression === 'zstd') {
    view.setBigUint64(72, INCOMPATIBLE.compressionType)
    view.setUint32(100, 112)
    header[COMPRESSION_TYPE_OFFSET] = 1
  }
  return header
}
