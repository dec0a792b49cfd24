import { hash } from 'node:crypto'
import { readSync, writeSync } from 'node:fs'
import { zstdCompressSync } from 'node:zlib'
import { neighbours } from '../../bytes/index.ts'
import type { Group } from '../../bytes/index.ts'
import { expandOne } from '../codec/index.ts'
import { dataRuns } from './data-runs.ts'
import { packClusters } from './pack-clusters.ts'
import type { ChunkDone, ChunkFailed, ChunkOrder, PackedStep, Step } from './messages.ts'
import { sha256OfZeros } from './zero-digest.ts'

/** Compressed pieces near one another in a file are fetched in one read: with no more between them, up to so much. */
const FETCH = { mostGapBytes: 64 * 1024, mostBytes: 1024 * 1024 } as const

/**
 * Does what a thread of a conversion does, chunk after chunk, in memory that it keeps: memory that is new for each chunk
 * costs more than all the rest (see docs/bench.md). Everything is done at once, since the thread has nothing else to do.
 */
export class ChunkWork {
  #chunk: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #packed: Uint8Array<ArrayBuffer> = new Uint8Array(0)
  #unit: Uint8Array<ArrayBuffer> = new Uint8Array(0)

  /** Never throws: what went wrong is told. */
  do(order: ChunkOrder): ChunkDone | ChunkFailed {
    const { offsetBytes, use, runs, outputFd, digests } = order
    let during: ChunkFailed['during'] = 'read'
    try {
      const chunk = this.read(order)
      const found = runs.map((run) => ({ run, data: [...dataRuns(part(chunk, run))] }))
      // Journals are long, in use, and mostly zeros.
      const sha256 =
        digests === 'none'
          ? []
          : found.map(({ run, data }) =>
              data.length === 0 ? sha256OfZeros(run.lengthBytes) : hash('sha256', part(chunk, run), 'hex'),
            )
      during = 'write'
      let writtenBytes = 0
      if (use === 'write' && outputFd !== undefined) {
        for (const { run, data } of found) {
          const bytes = part(chunk, run)
          for (const { start, end } of data) {
            writeAll(outputFd, bytes.subarray(start, end), offsetBytes + run.at + start)
            writtenBytes += end - start
          }
        }
      }
      const done = { offsetBytes, sha256, writtenBytes }
      if (use === 'write') return done
      if (use === 'clustersByZlib') return { ...done, ...packClusters(chunk, 'zlib') }
      if (use === 'clustersByZstd') return { ...done, ...packClusters(chunk, 'zstd') }
      return { ...done, bytes: Uint8Array.from(use === 'zstd' ? zstdCompressSync(chunk) : chunk) }
    } catch (error) {
      return { offsetBytes, during, why: error instanceof Error ? error.message : String(error) }
    }
  }

  /** What an order is about, in memory that the next one takes; what is not in use may be anything. Throws. */
  read({ lengthBytes, use, steps }: Pick<ChunkOrder, 'lengthBytes' | 'use' | 'steps'>): Uint8Array {
    if (this.#chunk.length < lengthBytes) this.#chunk = new Uint8Array(lengthBytes)
    const chunk = this.#chunk
    // The last chunk is still in it; free space between the steps is zeros.
    if (use !== 'write') chunk.fill(0, 0, lengthBytes)
    const packed: PackedStep[] = []
    for (const step of steps) {
      if (step.kind === 'packed') packed.push(step)
      else if (step.kind === 'stored') readAll(step.fd, part(chunk, step), step.offsetBytes)
      else if (step.kind === 'given') chunk.set(step.bytes, step.at)
      else chunk.fill(0, step.at, step.at + step.lengthBytes)
    }
    for (const [fd, of] of Map.groupBy(packed, (step) => step.fd)) {
      for (const group of neighbours(of, packedRange, FETCH)) this.#expand(fd, group, chunk)
    }
    return chunk.subarray(0, lengthBytes)
  }

  #expand(fd: number, group: Group<PackedStep>, chunk: Uint8Array): void {
    const { offsetBytes, lengthBytes, members } = group
    if (this.#packed.length < lengthBytes)
      this.#packed = new Uint8Array(Math.max(lengthBytes, FETCH.mostBytes))
    const packed = this.#packed.subarray(0, lengthBytes)
    readAll(fd, packed, offsetBytes)
    for (const step of members) {
      const from = step.offsetBytes - offsetBytes
      const piece = packed.subarray(from, from + step.packedBytes)
      if (step.lengthBytes === step.unitBytes) this.#expandOne(step, piece, part(chunk, step))
      else {
        if (this.#unit.length !== step.unitBytes) this.#unit = new Uint8Array(step.unitBytes)
        this.#expandOne(step, piece, this.#unit)
        const { unitOffsetBytes } = step
        chunk.set(this.#unit.subarray(unitOffsetBytes, unitOffsetBytes + step.lengthBytes), step.at)
      }
    }
  }

  #expandOne({ codec, offsetBytes, unitBytes }: PackedStep, piece: Uint8Array, into: Uint8Array): void {
    if (expandOne(codec, piece, into)) return
    throw new Error(`what is at byte ${offsetBytes} does not decompress to ${unitBytes} bytes`)
  }
}

function packedRange({
  offsetBytes,
  packedBytes,
}: PackedStep): Readonly<{ offsetBytes: number; lengthBytes: number }> {
  return { offsetBytes, lengthBytes: packedBytes }
}

function part(chunk: Uint8Array, { at, lengthBytes }: Pick<Step, 'at' | 'lengthBytes'>): Uint8Array {
  return chunk.subarray(at, at + lengthBytes)
}

function readAll(fd: number, into: Uint8Array, offsetBytes: number): void {
  for (let done = 0; done < into.length;) {
    const read = readSync(fd, into, done, into.length - done, offsetBytes + done)
    if (read === 0) throw new Error(`the file ends at byte ${offsetBytes + done}`)
    done += read
  }
}

function writeAll(fd: number, bytes: Uint8Array, offsetBytes: number): void {
  for (let done = 0; done < bytes.length;) {
    done += writeSync(fd, bytes, done, bytes.length - done, offsetBytes + done)
  }
}
