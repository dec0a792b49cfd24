import { checkRange, clipExtents, extentsOf, placesOf, shiftPlaces } from '../../bytes/index.ts'
import type { ByteSource, Extent, Place } from '../../bytes/index.ts'
import type { Run, Runs } from './run.ts'

/** Reads the runs, all of them packed, into `out`, whose first byte is byte `outOffset` of the disk. */
export type ReadPacked = (
  runs: readonly Extract<Run, { kind: 'packed' }>[],
  out: Uint8Array,
  outOffset: number,
  signal?: AbortSignal,
) => Promise<void>

/** The disk that runs describe, as a source. `readPacked` is needed where a run can be packed. */
export function diskOfRuns(
  disk: Readonly<{ name: string; sizeBytes: number; runs: Runs; readPacked?: ReadPacked }>,
): ByteSource {
  const { name, sizeBytes, runs, readPacked } = disk

  async function* flat(offset: number, length: number, signal?: AbortSignal): AsyncGenerator<Run> {
    for await (const batch of runs(offset, length, signal)) yield* batch
  }

  return {
    size: sizeBytes,
    name,
    async read(offset, length, signal) {
      checkRange(this, offset, length)
      signal?.throwIfAborted()
      const found = await Array.fromAsync(flat(offset, length, signal))
      const [only] = found
      if (found.length === 1 && only?.kind === 'data') {
        return only.host.read(only.hostOffsetBytes, length, signal)
      }
      const out = new Uint8Array(length)
      const packed = found.filter((run) => run.kind === 'packed')
      const work = found.flatMap((run) =>
        run.kind === 'data'
          ? run.host
              .read(run.hostOffsetBytes, run.lengthBytes, signal)
              .then((bytes) => out.set(bytes, run.offsetBytes - offset))
          : [],
      )
      if (packed.length > 0 && readPacked !== undefined) work.push(readPacked(packed, out, offset, signal))
      await Promise.all(work)
      return out
    },
    /** From the tables, and from what the files below know of themselves. */
    async *extents(offset, length, signal): AsyncGenerator<Extent, void, undefined> {
      checkRange(this, offset, length)
      for await (const run of flat(offset, length, signal)) {
        const { offsetBytes, lengthBytes } = run
        if (run.kind === 'data') {
          const { host, hostOffsetBytes } = run
          const below = extentsOf(host, hostOffsetBytes, lengthBytes, signal)
          yield* clipExtents(below, hostOffsetBytes, lengthBytes, offsetBytes - hostOffsetBytes)
        } else yield { offsetBytes, lengthBytes, kind: run.kind === 'zero' ? 'zero' : 'data' }
      }
    },
    async *places(offset, length, signal): AsyncGenerator<Place, void, undefined> {
      checkRange(this, offset, length)
      for await (const run of flat(offset, length, signal)) {
        const { offsetBytes, lengthBytes } = run
        if (run.kind === 'zero') yield { kind: 'zero', offsetBytes, lengthBytes }
        else if (run.kind === 'data') {
          const { host, hostOffsetBytes } = run
          const stored = placesOf(host, hostOffsetBytes, lengthBytes, signal)
          yield* shiftPlaces(stored, offsetBytes - hostOffsetBytes)
        } else {
          const { codec, host, hostOffsetBytes, hostLengthBytes, unitBytes, unitOffsetBytes } = run
          yield {
            kind: 'packed',
            offsetBytes,
            lengthBytes,
            codec,
            source: host,
            sourceOffsetBytes: hostOffsetBytes,
            sourceLengthBytes: hostLengthBytes,
            unitBytes,
            unitOffsetBytes,
          }
        }
      }
    },
  }
}
