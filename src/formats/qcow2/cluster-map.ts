import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { raise } from './errors.ts'
import type { Header } from './header.ts'
import { readEntry } from './l2-entry.ts'
import type { L2Geometry } from './l2-entry.ts'
import { l2OffsetOf } from './l1-table.ts'

/**
 * What lies at a range of the disk, as long as it lies alike:
 * - `hole`: the backing file shows through, or zeros where there is none.
 * - `zero`: zeros, whatever the backing file says.
 * - `data`: at `hostOffsetBytes` of the file, on as the disk goes on.
 * - `compressed`: within one cluster, whose compressed form is the `hostLengthBytes` at `hostOffsetBytes`, with
 *   whatever follows it in its last sector.
 */
export type Run = Readonly<{
  kind: 'hole' | 'zero' | 'data' | 'compressed'
  offsetBytes: number
  lengthBytes: number
  hostOffsetBytes: number
  hostLengthBytes: number
}>

export type ClusterMap = Readonly<{
  clusterBytes: number
  /** The runs of a range in order, without gaps; in batches, one for each piece of table that had to be fetched. */
  runs: (
    offset: number,
    length: number,
    signal?: AbortSignal,
  ) => AsyncGenerator<readonly Run[], void, undefined>
}>

/** Tables are fetched in pieces of at most this size: a whole L2 table has up to 2 MiB and maps up to 512 GiB. */
const SLICE_BYTES = 65_536

/**
 * Finds clusters through L1 and L2 tables, which it reads from `metadata` (a cached view of the file). `dataBytes` is
 * the size of the file that holds uncompressed clusters. Throws QCOW2_TABLE_INVALID for an entry that points outside
 * of the file, into the header or the L1 table, or between clusters.
 */
export function clusterMap(metadata: ByteSource, header: Header, dataBytes: number): ClusterMap {
  const clusterBytes = 2 ** header.clusterBits
  const entryBytes = header.extendedL2 ? 16 : 8
  const sliceBytes = Math.min(clusterBytes, SLICE_BYTES)
  const sliceCovers = (sliceBytes / entryBytes) * clusterBytes
  const tableCovers = (clusterBytes / entryBytes) * clusterBytes
  const l1End = header.l1OffsetBytes + header.l1Entries * 8
  const geometry: L2Geometry = {
    source: metadata.name,
    clusterBits: header.clusterBits,
    version: header.version,
    extendedL2: header.extendedL2,
    externalData: header.dataFile !== undefined,
    sizeBytes: header.sizeBytes,
    fileBytes: metadata.size,
    dataBytes,
    l1Start: header.l1OffsetBytes,
    l1End,
  }

  /** The L2 table of an L1 entry, or 0 where there is none. */
  const l2Offset = (l1: Cursor, at: number, guestOffsetBytes: number): number => {
    const offset = l2OffsetOf(l1, at)
    if (offset === 0) return 0
    const state =
      offset % clusterBytes !== 0
        ? 'it does not point at the start of a cluster'
        : offset + clusterBytes > metadata.size
          ? `it points beyond the end of the file, ${metadata.size}`
          : offset < l1End && offset + clusterBytes > header.l1OffsetBytes
            ? 'it points into the L1 table'
            : undefined
    if (state !== undefined) {
      const found = `0x${offset.toString(16)}`
      throw raise('QCOW2_TABLE_INVALID', {
        source: metadata.name,
        table: 'L1',
        guestOffsetBytes,
        found,
        state,
      })
    }
    return offset
  }

  async function* runs(
    offset: number,
    length: number,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly Run[], void, undefined> {
    const end = offset + length
    let l1 = new Cursor(new Uint8Array(0), 'qcow2 L1 table')
    let l1First = 0
    for (let at = offset; at < end;) {
      const index = Math.floor(at / tableCovers)
      if (index < l1First || index >= l1First + l1.length / 8) {
        // Whole pieces of the table, so that walking an empty disk takes few reads.
        l1First = index - (index % (SLICE_BYTES / 8))
        const start = header.l1OffsetBytes + l1First * 8
        const bytes = await metadata.read(start, Math.min(SLICE_BYTES, l1End - start), signal)
        l1 = new Cursor(bytes, 'qcow2 L1 table', start)
      }
      const table = l2Offset(l1, (index - l1First) * 8, at)
      if (table === 0) {
        let next = index + 1
        while (
          next < l1First + l1.length / 8 &&
          l2Offset(l1, (next - l1First) * 8, next * tableCovers) === 0
        ) {
          next += 1
        }
        const holeEnd = Math.min(end, next * tableCovers)
        yield [
          {
            kind: 'hole',
            offsetBytes: at,
            lengthBytes: holeEnd - at,
            hostOffsetBytes: 0,
            hostLengthBytes: 0,
          },
        ]
        at = holeEnd
        continue
      }
      const sliceIndex = Math.floor((at % tableCovers) / sliceCovers)
      const sliceOffset = table + sliceIndex * sliceBytes
      const bytes = await metadata.read(sliceOffset, sliceBytes, signal)
      const covered = index * tableCovers + sliceIndex * sliceCovers
      const sliceEnd = Math.min(end, covered + sliceCovers)
      yield sliceRuns(new Cursor(bytes, 'qcow2 L2 table', sliceOffset), covered, at, sliceEnd)
      at = sliceEnd
    }
  }

  function sliceRuns(slice: Cursor, covered: number, start: number, end: number): readonly Run[] {
    const found: Run[] = []
    for (let at = start; at < end;) {
      const index = Math.floor((at - covered) / clusterBytes)
      const clusterEnd = covered + (index + 1) * clusterBytes
      readEntry(slice, index * entryBytes, geometry, at, Math.min(end, clusterEnd), (run) => add(found, run))
      at = clusterEnd
    }
    return found
  }

  return { clusterBytes, runs }
}

/** Joins a run to the one before where both are one in the file, too. */
function add(runs: Run[], run: Run): void {
  const last = runs.at(-1)
  if (last === undefined || last.kind !== run.kind || run.kind === 'compressed') {
    runs.push(run)
    return
  }
  if (run.kind === 'data' && last.hostOffsetBytes + last.lengthBytes !== run.hostOffsetBytes) {
    runs.push(run)
    return
  }
  const lengthBytes = last.lengthBytes + run.lengthBytes
  runs[runs.length - 1] = { ...last, lengthBytes, hostLengthBytes: run.kind === 'data' ? lengthBytes : 0 }
}
