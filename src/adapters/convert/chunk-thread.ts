import { parentPort } from 'node:worker_threads'
import { ChunkWork } from './chunk-work.ts'
import type { ChunkOrder } from './messages.ts'

// A thread of a conversion. It loads next to nothing, so that it is cheap to have.
const work = new ChunkWork()
parentPort?.on('message', (order: ChunkOrder) => {
  const result = work.do(order)
  parentPort?.postMessage(
    result,
    'bytes' in result && result.bytes !== undefined ? [result.bytes.buffer] : [],
  )
})
