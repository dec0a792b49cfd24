import { Cursor } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { addRun } from '../block-map/index.ts'
import type { Run, Runs } from '../block-map/index.ts'
import { raise } from './errors.ts'
import { GRAIN_MARKER, SECTOR_BYTES, ZEROED_GRAIN } from './layout.ts'
import type { SparseHeader } from './sparse-header.ts'

const DIRECTORY_SLICE_BYTES = 65_536
/** Of tables that lie behind one another, this much is read at a time. */
const AHEAD_BYTES = 262_144

/**
 * The runs of a sparse extent, through its grain directory and grain tables. `lastUnitBytes` says to how many bytes the
 * last compressed grain decompresses, where the disk ends within it.
 */
export function sparseRuns(
  source: ByteSource,
  metadata: ByteSource,
  header: SparseHeader,
  lastUnitBytes: (run: PackedRun) => Promise<number>,
): Runs {
  const { sizeBytes, grainBytes, tableEntries, directoryOffset, directoryEntries, packed } = header
  const tableCovers = grainBytes * tableEntries
  const tableBytes = tableEntries * 4
  const streamAt = packed?.markers === true ? GRAIN_MARKER.sizeBytes : 0

  const invalid = (table: string, guestOffsetBytes: number, found: number, state: string): Error =>
    raise('VMDK_TABLE_INVALID', { source: source.name, table, guestOffsetBytes, found, state })
  const beyond = `it points beyond the end of the file, ${source.size}`

  /** Where a grain table begins, or 0 where there is none. */
  function tableOffset(directory: Cursor, at: number, guestOffsetBytes: number): number {
    const sector = directory.u32le(at)
    const offset = sector * SECTOR_BYTES
    if (offset + tableBytes <= source.size) return offset
    throw invalid('directory', guestOffsetBytes, sector, beyond)
  }

  /** Where the grain of an entry begins, or undefined where it is zeros. */
  function grainOffset(sector: number, guestOffsetBytes: number): number | undefined {
    if (sector === 0 || (sector === ZEROED_GRAIN && header.hasZeroedGrains)) return undefined
    const offset = sector * SECTOR_BYTES
    const usedBytes = packed === undefined ? Math.min(grainBytes, sizeBytes - guestOffsetBytes) : streamAt + 1
    if (offset + usedBytes <= source.size) return offset
    throw invalid('table', guestOffsetBytes, sector, beyond)
  }

  /** A compressed grain ends where the next one of its table begins, and within twice the size of a grain. */
  function hostLength(starts: Uint32Array, offset: number): number {
    const next = firstAbove(starts, offset / SECTOR_BYTES)
    const end = Math.min(offset + 2 * grainBytes + SECTOR_BYTES, source.size)
    return Math.min(next === undefined ? end : next * SECTOR_BYTES, end) - offset
  }

  async function* runs(offset: number, length: number, signal?: AbortSignal) {
    const end = offset + length
    let directory = new Cursor(new Uint8Array(0), 'VMDK grain directory')
    let directoryFirst = 0
    for (let at = offset; at < end;) {
      const index = Math.floor(at / tableCovers)
      if (index < directoryFirst || index >= directoryFirst + directory.length / 4) {
        directoryFirst = index - (index % (DIRECTORY_SLICE_BYTES / 4))
        const start = directoryOffset + directoryFirst * 4
        const left = (directoryEntries - directoryFirst) * 4
        const bytes = await metadata.read(start, Math.min(DIRECTORY_SLICE_BYTES, left), signal)
        directory = new Cursor(bytes, 'VMDK grain directory', start)
      }
      const count = neighbours(directory, index - directoryFirst, at, end)
      const table = tableOffset(directory, (index - directoryFirst) * 4, at)
      const bytes = table === 0 ? undefined : await metadata.read(table, count * tableBytes, signal)
      let found: Run[] = []
      for (let one = 0; one < count; one += 1) {
        const covered = (index + one) * tableCovers
        const tableEnd = Math.min(end, covered + tableCovers)
        const entries = bytes?.subarray(one * tableBytes, (one + 1) * tableBytes)
        if (entries === undefined || isZero(entries)) {
          addRun(found, { kind: 'zero', offsetBytes: at, lengthBytes: tableEnd - at })
        } else {
          const cursor = new Cursor(entries, 'VMDK grain table', table + one * tableBytes)
          for (const run of tableRuns(cursor, covered, at, tableEnd)) {
            const isLast =
              run.kind === 'packed' && run.offsetBytes - run.unitOffsetBytes + grainBytes > sizeBytes
            addRun(found, isLast ? { ...run, unitBytes: await lastUnitBytes(run) } : run)
          }
          yield found
          found = []
        }
        at = tableEnd
      }
      yield found
    }
  }

  /**
   * How many tables from entry `first` of the directory on are one read: those that follow one another in the file, or of which none
   * is there. Programs lay down the tables of a whole disk at once, mostly empty.
   */
  function neighbours(directory: Cursor, first: number, at: number, end: number): number {
    const wanted = Math.ceil(end / tableCovers) - Math.floor(at / tableCovers)
    const most = Math.min(wanted, directory.length / 4 - first)
    const start = directory.u32le(first * 4)
    const strideSectors = start === 0 ? 0 : tableBytes / SECTOR_BYTES
    const isWhole = Number.isInteger(strideSectors)
    const limit = Math.min(most, start === 0 ? most : isWhole ? Math.floor(AHEAD_BYTES / tableBytes) : 1)
    let count = 1
    while (count < limit && directory.u32le((first + count) * 4) === start + count * strideSectors) {
      if (start !== 0 && (start + (count + 1) * strideSectors) * SECTOR_BYTES > source.size) break
      count += 1
    }
    return count
  }

  function* tableRuns(table: Cursor, covered: number, start: number, end: number): Generator<Run> {
    const starts = packed === undefined ? undefined : startsOf(table)
    for (let at = start; at < end;) {
      const grain = Math.floor((at - covered) / grainBytes)
      const grainStart = covered + grain * grainBytes
      const runEnd = Math.min(end, grainStart + grainBytes)
      const range = { offsetBytes: at, lengthBytes: runEnd - at }
      const host = grainOffset(table.u32le(grain * 4), grainStart)
      if (host === undefined) yield { kind: 'zero', ...range }
      else if (starts === undefined) {
        yield { kind: 'data', ...range, host: source, hostOffsetBytes: host + (at - grainStart) }
      } else {
        yield {
          kind: 'packed',
          ...range,
          codec: 'zlib',
          host: source,
          hostOffsetBytes: host + streamAt,
          hostLengthBytes: hostLength(starts, host) - streamAt,
          unitBytes: grainBytes,
          unitOffsetBytes: at - grainStart,
        }
      }
      at = runEnd
    }
  }

  return runs
}

export type PackedRun = Extract<Run, { kind: 'packed' }>

/** The entries of a table in the order of the file. */
function startsOf(table: Cursor): Uint32Array {
  const starts = new Uint32Array(table.length / 4)
  for (let index = 0; index < starts.length; index += 1) starts[index] = table.u32le(index * 4)
  return starts.sort()
}

function firstAbove(sorted: Uint32Array, value: number): number | undefined {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((sorted[middle] ?? 0) > value) high = middle
    else low = middle + 1
  }
  return sorted[low]
}

function isZero(bytes: Uint8Array): boolean {
  const isAligned = bytes.byteOffset % 4 === 0 && bytes.length % 4 === 0
  if (!isAligned) return bytes.every((byte) => byte === 0)
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
  for (let index = 0; index < words.length; index += 1) if (words[index] !== 0) return false
  return true
}
