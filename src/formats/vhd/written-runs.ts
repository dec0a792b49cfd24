import type { ByteSource } from '../../bytes/index.ts'
import { addRun } from '../block-map/index.ts'
import type { Run, Runs } from '../block-map/index.ts'
import { SECTOR_BYTES } from './layout.ts'

/**
 * "Block Allocation Table and Data Blocks": a sector whose bit is not set was never written, and reads as zeros, whatever
 * lies in its place. The first sector has the highest bit of the first byte.
 */
export function writtenRuns(
  runs: Runs,
  metadata: ByteSource,
  geometry: Readonly<{ blockBytes: number; bitmapBytes: number }>,
): Runs {
  const { blockBytes, bitmapBytes } = geometry

  async function split(run: Extract<Run, { kind: 'data' }>, out: Run[], signal?: AbortSignal): Promise<void> {
    const end = run.offsetBytes + run.lengthBytes
    for (let at = run.offsetBytes; at < end;) {
      const within = at % blockBytes
      const lengthBytes = Math.min(end - at, blockBytes - within)
      const hostOffsetBytes = run.hostOffsetBytes + (at - run.offsetBytes)
      const first = Math.floor(within / SECTOR_BYTES)
      const last = Math.floor((within + lengthBytes - 1) / SECTOR_BYTES)
      const bits = await metadata.read(hostOffsetBytes - within - bitmapBytes, bitmapBytes, signal)
      for (let sector = first; sector <= last;) {
        const isWritten = isSet(bits, sector)
        const next = endOfAlike(bits, sector, last + 1, isWritten)
        const from = Math.max(within, sector * SECTOR_BYTES)
        const to = Math.min(within + lengthBytes, next * SECTOR_BYTES)
        const range = { offsetBytes: at + from - within, lengthBytes: to - from }
        const host = { host: run.host, hostOffsetBytes: hostOffsetBytes + from - within }
        addRun(out, isWritten ? { kind: 'data', ...range, ...host } : { kind: 'zero', ...range })
        sector = next
      }
      at += lengthBytes
    }
  }

  return async function* written(offset, length, signal) {
    for await (const batch of runs(offset, length, signal)) {
      const out: Run[] = []
      for (const run of batch) {
        if (run.kind === 'data') await split(run, out, signal)
        else addRun(out, run)
      }
      yield out
    }
  }
}

function isSet(bits: Uint8Array, sector: number): boolean {
  return ((bits[sector >>> 3] ?? 0) & (0x80 >>> (sector & 7))) !== 0
}

/** The first sector behind `sector` whose bit differs, or `end`. */
function endOfAlike(bits: Uint8Array, sector: number, end: number, isWritten: boolean): number {
  const whole = isWritten ? 0xff : 0
  let next = sector + 1
  while (next < end) {
    if (next % 8 === 0 && bits[next >>> 3] === whole) next += 8
    else if (isSet(bits, next) === isWritten) next += 1
    else return next
  }
  return end
}
