import { QCOW2_MAGIC } from './layout.ts'

/**
 * The metadata of a new qcow2 image (version 3, 64 KiB clusters, 16-bit reference counts, no snapshots) whose data
 * clusters are appended in the order of the disk: QEMU's docs/interop/qcow2.txt.
 *
 * The file is: header, the data clusters one behind the other, L2 tables, the L1 table, refcount blocks, the refcount
 * table. Only the header has to be known before the first data cluster; so the image can be written in one pass, and
 * the header again at its end.
 */
export const NEW_CLUSTER_BYTES = 65_536

const ENTRIES = NEW_CLUSTER_BYTES / 8
const REFCOUNTS = NEW_CLUSTER_BYTES / 2
/** L1 and L2 entries: the cluster's reference count is exactly one. */
const COPIED = 1n << 63n

export type NewQcow2 = Readonly<{
  /** One cluster, for the beginning of the file. */
  header: Uint8Array<ArrayBuffer>
  /** Whole clusters, for behind the last data cluster. */
  tables: Uint8Array<ArrayBuffer>
}>

/**
 * Header and tables for a disk of `sizeBytes` with these data clusters: numbers of clusters of the disk, ascending; the
 * first of them is the second cluster of the file, and so on.
 */
export function newQcow2(sizeBytes: number, dataClusters: readonly number[]): NewQcow2 {
  const l2Numbers = [...new Set(dataClusters.map((cluster) => Math.floor(cluster / ENTRIES)))]
  const l1Entries = Math.max(1, Math.ceil(sizeBytes / (NEW_CLUSTER_BYTES * ENTRIES)))
  const l2Start = 1 + dataClusters.length
  const l1Start = l2Start + l2Numbers.length
  const l1Clusters = Math.ceil(l1Entries / ENTRIES)
  const blocksStart = l1Start + l1Clusters
  const { blocks, tableClusters } = refcountSizes(blocksStart)
  const total = blocksStart + blocks + tableClusters

  const tables = new Uint8Array((total - l2Start) * NEW_CLUSTER_BYTES)
  const view = new DataView(tables.buffer)
  const at = (cluster: number): number => (cluster - l2Start) * NEW_CLUSTER_BYTES
  const offset = (cluster: number): bigint => BigInt(cluster) * BigInt(NEW_CLUSTER_BYTES)

  const tableOf = new Map(l2Numbers.map((number, index) => [number, l2Start + index]))
  for (const [number, table] of tableOf) view.setBigUint64(at(l1Start) + number * 8, COPIED | offset(table))
  for (const [index, cluster] of dataClusters.entries()) {
    const table = tableOf.get(Math.floor(cluster / ENTRIES)) ?? l2Start
    view.setBigUint64(at(table) + (cluster % ENTRIES) * 8, COPIED | offset(1 + index))
  }
  for (let cluster = 0; cluster < total; cluster += 1) view.setUint16(at(blocksStart) + cluster * 2, 1)
  for (let block = 0; block < blocks; block += 1) {
    view.setBigUint64(at(blocksStart + blocks) + block * 8, offset(blocksStart + block))
  }
  const places = { l1Entries, l1: offset(l1Start), table: offset(blocksStart + blocks), tableClusters }
  return { header: headerOf(sizeBytes, places), tables }
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
  return header
}
