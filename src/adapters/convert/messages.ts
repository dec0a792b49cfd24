import type { ChunkCluster, ChunkUse } from '../../ports/index.ts'
import type { Codec } from '../codec/index.ts'

/** How a part of a chunk comes into memory; `at` is its place in the chunk. `fd` is a descriptor of this process. */
export type Step = Readonly<{ at: number; lengthBytes: number }> &
  (
    | Readonly<{ kind: 'zero' }>
    | Readonly<{ kind: 'given'; bytes: Uint8Array }>
    | Readonly<{ kind: 'stored'; fd: number; offsetBytes: number }>
    | Readonly<{
        kind: 'packed'
        codec: Codec
        fd: number
        offsetBytes: number
        packedBytes: number
        unitBytes: number
        unitOffsetBytes: number
      }>
  )

export type PackedStep = Extract<Step, { kind: 'packed' }>

/** All that a thread has to know of a chunk. */
export type ChunkOrder = Readonly<{
  /** Of the chunk in the base. */
  offsetBytes: number
  lengthBytes: number
  use: ChunkUse
  /** `none`: no run is hashed. */
  digests?: 'none'
  /** The file to write to; without it, chunks with the use `write` are hashed only. */
  outputFd?: number
  /** All that is in use of it, in order. */
  steps: readonly Step[]
  /** What is hashed as one: steps that touch. */
  runs: readonly Readonly<{ at: number; lengthBytes: number }>[]
}>

export type ChunkDone = Readonly<{
  offsetBytes: number
  /** Of each run, in hex; none where none was asked for. */
  sha256: readonly string[]
  writtenBytes: number
  bytes?: Uint8Array<ArrayBuffer>
  clusters?: readonly ChunkCluster[]
}>

export type ChunkFailed = Readonly<{ offsetBytes: number; during: 'read' | 'write'; why: string }>
