import type { ByteSource, Place } from '../../bytes/index.ts'

/**
 * What lies at a range of a disk, as long as it lies alike:
 * - `zero`: in no block of the file.
 * - `data`: at `hostOffsetBytes` of `host`, on as the disk goes on.
 * - `packed`: within one unit of `unitBytes` from its byte `unitOffsetBytes` on, whose compressed form begins at
 *   `hostOffsetBytes` of `host` and ends within `hostLengthBytes`.
 */
export type Run = Readonly<{ offsetBytes: number; lengthBytes: number }> &
  (
    | Readonly<{ kind: 'zero' }>
    | Readonly<{ kind: 'data'; host: ByteSource; hostOffsetBytes: number }>
    | Readonly<{
        kind: 'packed'
        codec: Extract<Place, { kind: 'packed' }>['codec']
        host: ByteSource
        hostOffsetBytes: number
        hostLengthBytes: number
        unitBytes: number
        unitOffsetBytes: number
      }>
  )

/** The runs of a range in order, without gaps; in batches, one for each piece of table that had to be fetched. */
export type Runs = (
  offset: number,
  length: number,
  signal?: AbortSignal,
) => AsyncGenerator<readonly Run[], void, undefined>

/** Adds a run, joined to the one before where both are one in the file, too. */
export function addRun(runs: Run[], run: Run): void {
  const last = runs.at(-1)
  const isJoined =
    last !== undefined &&
    ((last.kind === 'zero' && run.kind === 'zero') ||
      (last.kind === 'data' &&
        run.kind === 'data' &&
        last.host === run.host &&
        last.hostOffsetBytes + last.lengthBytes === run.hostOffsetBytes))
  if (isJoined) runs[runs.length - 1] = { ...last, lengthBytes: last.lengthBytes + run.lengthBytes }
  else runs.push(run)
}
