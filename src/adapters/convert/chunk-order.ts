import { placesOf } from '../../bytes/index.ts'
import type { ByteSource, Place } from '../../bytes/index.ts'
import { BLOCK_MAP_BLOCK_BYTES } from '../../image/convert/index.ts'
import type { Chunk } from '../../image/convert/index.ts'
import type { ChunkUse } from '../../ports/index.ts'
import { descriptorOf } from '../image-source/index.ts'
import type { ChunkOrder, Step } from './messages.ts'

/**
 * Finds where the bytes of a chunk are, so that a thread can fetch them for itself. What lies in no file of this machine
 * (an image on a server) is read here, and given along. Throws what the readers throw.
 */
export async function orderOf(
  base: ByteSource,
  chunk: Chunk,
  use: ChunkUse,
  outputFd: number | undefined,
  signal: AbortSignal,
): Promise<ChunkOrder> {
  const { offsetBytes, lengthBytes } = chunk
  const steps: Step[] = []
  for (const range of chunk.used) {
    if (range.kind === 'zero') {
      steps.push({ kind: 'zero', at: range.offsetBytes - offsetBytes, lengthBytes: range.lengthBytes })
      continue
    }
    let elsewhere: { offsetBytes: number; lengthBytes: number } | undefined
    const fetch = async (): Promise<void> => {
      if (elsewhere === undefined) return
      const bytes = await base.read(elsewhere.offsetBytes, elsewhere.lengthBytes, signal)
      steps.push({
        kind: 'given',
        at: elsewhere.offsetBytes - offsetBytes,
        lengthBytes: bytes.length,
        bytes: new Uint8Array(bytes),
      })
      elsewhere = undefined
    }
    for await (const place of placesOf(base, range.offsetBytes, range.lengthBytes, signal)) {
      const step = stepOf(place, offsetBytes)
      if (step === undefined) {
        elsewhere ??= { offsetBytes: place.offsetBytes, lengthBytes: 0 }
        elsewhere.lengthBytes += place.lengthBytes
        continue
      }
      await fetch()
      steps.push(step)
    }
    await fetch()
  }
  return {
    offsetBytes,
    lengthBytes,
    use,
    steps,
    runs: runsOf(steps),
    ...(outputFd === undefined ? {} : { outputFd }),
  }
}

/** Undefined where the bytes are in no file that is open here. */
function stepOf(place: Place, chunkOffset: number): Step | undefined {
  const range = { at: place.offsetBytes - chunkOffset, lengthBytes: place.lengthBytes }
  switch (place.kind) {
    case 'zero':
      return { kind: 'zero', ...range }
    case 'given':
      return { kind: 'given', ...range, bytes: new Uint8Array(place.bytes) }
    case 'stored': {
      const fd = descriptorOf(place.source)
      return fd === undefined
        ? undefined
        : { kind: 'stored', ...range, fd, offsetBytes: place.sourceOffsetBytes }
    }
    case 'packed': {
      const fd = descriptorOf(place.source)
      if (fd === undefined) return undefined
      const { codec, sourceOffsetBytes, sourceLengthBytes, unitBytes, unitOffsetBytes } = place
      const packed = { offsetBytes: sourceOffsetBytes, packedBytes: sourceLengthBytes }
      return { kind: 'packed', ...range, codec, fd, ...packed, unitBytes, unitOffsetBytes }
    }
  }
}

/** Zeros as long as this are a range of their own: their digest is known, and hashing them again costs more than another range. */
const LONG_ZEROS_BYTES = 256 * 1024

function runsOf(steps: readonly Step[]): ChunkOrder['runs'] {
  const runs: { at: number; lengthBytes: number; isZero: boolean }[] = []
  for (const { kind, at, lengthBytes } of steps) {
    const last = runs.at(-1)
    const isLong = lengthBytes >= LONG_ZEROS_BYTES
    const isWhole = at % BLOCK_MAP_BLOCK_BYTES === 0 && lengthBytes % BLOCK_MAP_BLOCK_BYTES === 0
    const isZero = kind === 'zero' && isLong && isWhole
    if (last !== undefined && last.isZero === isZero && last.at + last.lengthBytes === at)
      last.lengthBytes += lengthBytes
    else runs.push({ at, lengthBytes, isZero })
  }
  return runs.map(({ at, lengthBytes }) => ({ at, lengthBytes }))
}

/** What is read of a chunk that is not known to be zero beforehand, in bytes. */
export function dataBytesOf({ used }: Chunk): number {
  return used.reduce((sum, { kind, lengthBytes }) => sum + (kind === 'data' ? lengthBytes : 0), 0)
}
