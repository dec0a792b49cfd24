import { hash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { zstdCompress } from 'node:zlib'
import { endOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import type { Chunk, MappedRange, UsedRange } from '../../image/convert/index.ts'
import { dataRuns } from './data-runs.ts'
import type { ChunkResult, ChunkUse } from '../../ports/index.ts'

const compress = promisify(zstdCompress)

/** Reads a chunk, hashes what is used of it, and writes or gives it. */
export async function workChunk(
  source: ByteSource,
  chunk: Chunk,
  use: ChunkUse,
  outputFd: number | undefined,
): Promise<ChunkResult> {
  const whole = use === 'write' ? undefined : Buffer.alloc(chunk.lengthBytes)
  const mapped: MappedRange[] = []
  let readBytes = 0
  let writtenBytes = 0
  for (const run of runsOf(chunk.used)) {
    const bytes = await readRun(source, run.ranges)
    readBytes += run.ranges.reduce(
      (sum, { kind, lengthBytes }) => sum + (kind === 'data' ? lengthBytes : 0),
      0,
    )
    mapped.push({
      offsetBytes: run.offsetBytes,
      lengthBytes: bytes.length,
      sha256: hash('sha256', bytes, 'hex'),
    })
    if (whole !== undefined) whole.set(bytes, run.offsetBytes - chunk.offsetBytes)
    else if (outputFd !== undefined) {
      for (const { start, end } of dataRuns(bytes)) {
        writeAll(outputFd, bytes.subarray(start, end), run.offsetBytes + start)
        writtenBytes += end - start
      }
    }
  }
  const result = { chunk, mapped, readBytes, writtenBytes }
  if (whole === undefined) return result
  const bytes = use === 'zstd' ? await compress(whole) : whole
  return { ...result, bytes: ownBuffer(bytes) }
}

type Run = { offsetBytes: number; ranges: UsedRange[] }

/** Used ranges that touch: they are hashed as one. */
function runsOf(used: readonly UsedRange[]): readonly Run[] {
  const runs: Run[] = []
  for (const range of used) {
    const last = runs.at(-1)?.ranges.at(-1)
    if (last !== undefined && endOf(last) === range.offsetBytes) runs.at(-1)?.ranges.push(range)
    else runs.push({ offsetBytes: range.offsetBytes, ranges: [range] })
  }
  return runs
}

/** What is known to be zero is not read. */
async function readRun(source: ByteSource, ranges: readonly UsedRange[]): Promise<Uint8Array> {
  const [first] = ranges
  const last = ranges.at(-1)
  if (first === undefined || last === undefined) return new Uint8Array(0)
  if (ranges.length === 1 && first.kind === 'data') return source.read(first.offsetBytes, first.lengthBytes)
  const bytes = new Uint8Array(endOf(last) - first.offsetBytes)
  await Promise.all(
    ranges.map(async ({ kind, offsetBytes, lengthBytes }) => {
      if (kind === 'data')
        bytes.set(await source.read(offsetBytes, lengthBytes), offsetBytes - first.offsetBytes)
    }),
  )
  return bytes
}

function writeAll(fd: number, bytes: Uint8Array, offsetBytes: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, offsetBytes + done)
  }
}

/** An array with a buffer to itself, which can be handed over to another thread. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  if (buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength) {
    return new Uint8Array(buffer)
  }
  return Uint8Array.from(bytes)
}
