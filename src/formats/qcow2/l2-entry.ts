import type { Cursor } from '../../bytes/index.ts'
import type { Run } from './cluster-map.ts'
import { raise } from './errors.ts'
import {
  COMPRESSED_HIGH,
  COMPRESSED_SECTOR_BYTES,
  COPIED_HIGH,
  OFFSET_MASK_HIGH,
  OFFSET_MASK_LOW,
  SUBCLUSTERS,
  ZERO_LOW,
} from './layout.ts'

/** What the entries of one image are judged by. Sizes and offsets in bytes. */
export type L2Geometry = Readonly<{
  source: string
  clusterBits: number
  version: 2 | 3
  extendedL2: boolean
  externalData: boolean
  /** Of the disk. */
  sizeBytes: number
  /** Of the image file, and of the file that uncompressed clusters are in. */
  fileBytes: number
  dataBytes: number
  l1Start: number
  l1End: number
}>

/**
 * Reads the L2 entry at byte `entryOffset` of a slice (docs/interop/qcow2.txt, "Cluster mapping") for the bytes
 * [start, end) of the disk, which lie in one cluster, and gives their runs to `found`, in order.
 */
export function readEntry(
  slice: Cursor,
  entryOffset: number,
  geometry: L2Geometry,
  start: number,
  end: number,
  found: (run: Run) => void,
): void {
  const high = slice.u32be(entryOffset)
  const low = slice.u32be(entryOffset + 4)
  if ((high & COMPRESSED_HIGH) !== 0) {
    found(compressedRun(high, low, geometry, start, end))
    return
  }
  const hostOffset = (high & OFFSET_MASK_HIGH) * 0x1_0000_0000 + ((low & OFFSET_MASK_LOW) >>> 0)
  // Offset 0 is a place only in an external data file, and only if the entry says that it is used once.
  const allocated = hostOffset !== 0 || (geometry.externalData && (high & COPIED_HIGH) !== 0)
  if (geometry.extendedL2) {
    subclusterRuns(slice, entryOffset, geometry, hostOffset, allocated, start, end, found)
    return
  }
  if ((low & ZERO_LOW) !== 0) {
    if (geometry.version === 2) {
      throw invalid(geometry, start, high, low, 'bit 0 means nothing in version 2, and is set')
    }
    found(emptyRun('zero', start, end))
    return
  }
  if (!allocated) {
    found(emptyRun('hole', start, end))
    return
  }
  const within = start % 2 ** geometry.clusterBits
  checkHost(geometry, hostOffset, within + (end - start), start, high, low)
  found(dataRun(hostOffset + within, start, end))
}

/** "Extended L2 Entries": a bit for each of the 32 subclusters whether it is allocated, and one whether it reads as zeros. */
function subclusterRuns(
  slice: Cursor,
  entryOffset: number,
  geometry: L2Geometry,
  hostOffset: number,
  allocated: boolean,
  start: number,
  end: number,
  found: (run: Run) => void,
): void {
  const zeroBits = slice.u32be(entryOffset + 8)
  const allocatedBits = slice.u32be(entryOffset + 12)
  const high = slice.u32be(entryOffset)
  const low = slice.u32be(entryOffset + 4)
  if ((zeroBits & allocatedBits) !== 0) {
    throw invalid(geometry, start, high, low, 'a subcluster is both allocated and zero')
  }
  if (!allocated && allocatedBits !== 0) {
    throw invalid(geometry, start, high, low, 'a subcluster is allocated in a cluster that is not')
  }
  const clusterBytes = 2 ** geometry.clusterBits
  const subclusterBytes = clusterBytes / SUBCLUSTERS
  const clusterStart = start - (start % clusterBytes)
  for (let at = start; at < end;) {
    const index = Math.floor((at - clusterStart) / subclusterBytes)
    const to = Math.min(end, clusterStart + (index + 1) * subclusterBytes)
    if (((allocatedBits >>> index) & 1) === 1) {
      checkHost(geometry, hostOffset, to - clusterStart, start, high, low)
      found(dataRun(hostOffset + (at - clusterStart), at, to))
    } else {
      found(emptyRun(((zeroBits >>> index) & 1) === 1 ? 'zero' : 'hole', at, to))
    }
    at = to
  }
}

/** "Compressed Clusters Descriptor", with x = 62 - (cluster_bits - 8). */
function compressedRun(high: number, low: number, geometry: L2Geometry, start: number, end: number): Run {
  const sectorsShift = 62 - (geometry.clusterBits - 8) - 32
  const hostOffset = (high & (2 ** sectorsShift - 1)) * 0x1_0000_0000 + low
  const sectors = ((high & 0x3f_ff_ff_ff) >>> sectorsShift) + 1
  const length = sectors * COMPRESSED_SECTOR_BYTES - (hostOffset % COMPRESSED_SECTOR_BYTES)
  if (geometry.externalData) {
    throw invalid(geometry, start, high, low, 'clusters in an external data file cannot be compressed')
  }
  // The last cluster of a file need not fill its last sector.
  const hostLengthBytes = Math.min(length, geometry.fileBytes - hostOffset)
  if (hostLengthBytes <= 0) {
    throw invalid(geometry, start, high, low, `it points beyond the end of the file, ${geometry.fileBytes}`)
  }
  if (hostOffset < 2 ** geometry.clusterBits) {
    throw invalid(geometry, start, high, low, 'it points into the header')
  }
  return {
    kind: 'compressed',
    offsetBytes: start,
    lengthBytes: end - start,
    hostOffsetBytes: hostOffset,
    hostLengthBytes,
  }
}

/** `needed`: so many bytes of the cluster are read. */
function checkHost(
  geometry: L2Geometry,
  hostOffset: number,
  needed: number,
  guestOffset: number,
  high: number,
  low: number,
): void {
  const clusterBytes = 2 ** geometry.clusterBits
  if (hostOffset % clusterBytes !== 0) {
    throw invalid(geometry, guestOffset, high, low, 'it does not point at the start of a cluster')
  }
  if (hostOffset + needed > geometry.dataBytes) {
    throw invalid(
      geometry,
      guestOffset,
      high,
      low,
      `it points beyond the end of the file, ${geometry.dataBytes}`,
    )
  }
  if (geometry.externalData) return
  if (hostOffset < geometry.l1End && hostOffset + clusterBytes > geometry.l1Start) {
    throw invalid(geometry, guestOffset, high, low, 'it points into the L1 table')
  }
}

function emptyRun(kind: 'hole' | 'zero', start: number, end: number): Run {
  return { kind, offsetBytes: start, lengthBytes: end - start, hostOffsetBytes: 0, hostLengthBytes: 0 }
}

function dataRun(hostOffset: number, start: number, end: number): Run {
  const lengthBytes = end - start
  return {
    kind: 'data',
    offsetBytes: start,
    lengthBytes,
    hostOffsetBytes: hostOffset,
    hostLengthBytes: lengthBytes,
  }
}

function invalid(
  geometry: L2Geometry,
  guestOffsetBytes: number,
  high: number,
  low: number,
  state: string,
): Error {
  const found = `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`
  return raise('QCOW2_TABLE_INVALID', {
    source: geometry.source,
    table: 'L2',
    guestOffsetBytes,
    found,
    state,
  })
}
