import { neighbours } from '../../bytes/index.ts'
import type { ByteSource, Group } from '../../bytes/index.ts'
import type { ReadPacked } from '../block-map/index.ts'
import { raise } from './errors.ts'
import { GRAIN_MARKER, SECTOR_BYTES } from './layout.ts'
import type { PackedRun } from './sparse-runs.ts'

/**
 * Decompresses a zlib stream (RFC 1950), behind which other bytes may follow, to fill `into` exactly; anything else
 * rejects. Given by the caller, since this room has no codec.
 */
export type InflateZlib = (bytes: Uint8Array, into: Uint8Array) => Promise<void>

/** Neighbours in the file are fetched in one read, if no more than this lies between them, up to this much. */
const FETCH = { mostGapBytes: 65_536, mostBytes: 4 * 1024 * 1024 } as const
/** Grains that were only read in part are kept: file systems read metadata in small pieces. */
const KEPT_BYTES = 8 * 1024 * 1024

export type PackedGrains = Readonly<{
  readPacked: ReadPacked
  /** To how many bytes a grain decompresses, of which `lengthBytes` are the disk's. */
  unitBytesOf: (run: PackedRun, lengthBytes: number) => Promise<number>
}>

/**
 * INVARIANTS: a grain that is kept was decompressed once, however many asked for it at a time; one that failed is not
 * kept; no more than KEPT_BYTES are. Whole grains pass by what is kept, so that streaming does not empty it.
 */
export function packedGrains(source: ByteSource, markers: boolean, inflate: InflateZlib): PackedGrains {
  const markerBytes = markers ? GRAIN_MARKER.sizeBytes : 0
  /** By offset on the disk, in order of use. */
  const kept = new Map<number, Promise<Uint8Array>>()

  /** `bytes` begin at the marker. */
  async function expand(run: PackedRun, bytes: Uint8Array, into: Uint8Array): Promise<void> {
    const guestOffsetBytes = grainStart(run)
    const offsetBytes = run.hostOffsetBytes - markerBytes
    const damaged = (problem: string, cause?: unknown): Error =>
      raise('VMDK_GRAIN_DAMAGED', { source: source.name, guestOffsetBytes, offsetBytes, problem }, cause)
    let stream = bytes.subarray(markerBytes)
    if (markers) {
      const { sector, sizeBytes } = GRAIN_MARKER.read(bytes, offsetBytes)
      if (sector !== BigInt(guestOffsetBytes / SECTOR_BYTES)) {
        throw damaged(`its marker is that of sector ${sector}`)
      }
      if (sizeBytes === 0 || sizeBytes > stream.length) {
        throw damaged(`its marker says ${sizeBytes} bytes, and there is room for ${stream.length}`)
      }
      stream = stream.subarray(0, sizeBytes)
    }
    try {
      await inflate(stream, into)
    } catch (error) {
      throw damaged(`it does not decompress to ${into.length} bytes`, error)
    }
  }

  async function readGrain(run: PackedRun): Promise<Uint8Array> {
    // Not bound to the caller's signal: others may be waiting for the same grain.
    const bytes = await source.read(run.hostOffsetBytes - markerBytes, run.hostLengthBytes + markerBytes)
    const grain = new Uint8Array(run.unitBytes)
    await expand(run, bytes, grain)
    return grain
  }

  function keptGrain(run: PackedRun): Promise<Uint8Array> {
    const key = grainStart(run)
    const known = kept.get(key)
    const grain = known ?? readGrain(run)
    kept.delete(key)
    kept.set(key, grain)
    if (known === undefined) {
      grain.catch(() => {
        if (kept.get(key) === grain) kept.delete(key)
      })
    }
    const [oldest] = kept.keys()
    if (kept.size * run.unitBytes > KEPT_BYTES && kept.size > 1 && oldest !== undefined) kept.delete(oldest)
    return grain
  }

  async function expandGroup(
    group: Group<PackedRun>,
    out: Uint8Array,
    outOffset: number,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const bytes = await source.read(group.offsetBytes, group.lengthBytes, signal)
    await Promise.all(
      group.members.map((run) => {
        const from = run.hostOffsetBytes - markerBytes - group.offsetBytes
        const at = run.offsetBytes - outOffset
        const piece = bytes.subarray(from, from + markerBytes + run.hostLengthBytes)
        return expand(run, piece, out.subarray(at, at + run.unitBytes))
      }),
    )
  }

  return {
    async readPacked(runs, out, outOffset, signal) {
      const whole: PackedRun[] = []
      const work: Promise<void>[] = []
      for (const run of runs) {
        if (run.lengthBytes === run.unitBytes && !kept.has(grainStart(run))) whole.push(run)
        else {
          const { unitOffsetBytes, lengthBytes, offsetBytes } = run
          const place = (grain: Uint8Array): void =>
            out.set(grain.subarray(unitOffsetBytes, unitOffsetBytes + lengthBytes), offsetBytes - outOffset)
          work.push(keptGrain(run).then(place))
        }
      }
      const range = ({ hostOffsetBytes, hostLengthBytes }: PackedRun) => ({
        offsetBytes: hostOffsetBytes - markerBytes,
        lengthBytes: hostLengthBytes + markerBytes,
      })
      for (const group of neighbours(whole, range, FETCH))
        work.push(expandGroup(group, out, outOffset, signal))
      await Promise.all(work)
    },
    async unitBytesOf(run, lengthBytes) {
      // Writers pad the last grain, but for QEMU, which ends it with the disk.
      try {
        await readGrain(run)
        return run.unitBytes
      } catch (error) {
        await readGrain({ ...run, unitBytes: lengthBytes }).catch(() => Promise.reject(error))
        return lengthBytes
      }
    },
  }
}

function grainStart(run: PackedRun): number {
  return run.offsetBytes - run.unitOffsetBytes
}
