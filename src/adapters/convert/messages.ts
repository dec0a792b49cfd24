import type { Chunk } from '../../image/convert/index.ts'
import type { BaseRecipe, ChunkResult, ChunkUse } from '../../ports/index.ts'

export type WorkerInput = Readonly<{ recipe: BaseRecipe; use: ChunkUse; outputPath?: string }>

export type ToWorker = Readonly<{ chunk: Chunk }>

/** An error as data: its class does not survive the way between threads. */
export type FailureData = Readonly<{
  code: string
  message: string
  remedy: string
  retry: boolean
  exit: number
  causes: readonly string[]
}>

export type FromWorker =
  | Readonly<{ ready: true }>
  | Readonly<{ result: ChunkResult }>
  | Readonly<{ failure: FailureData }>
