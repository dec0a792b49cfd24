import { parentPort } from 'node:worker_threads'
import { expandAll } from '../codec/index.ts'
import type { Batch, BatchDone } from './decompress-pool.ts'

// Nothing here may throw: what does not decompress is told by its index.
parentPort?.on('message', ({ id, codec, outLength, slot, inputOffset, parts }: Batch) => {
  const input = new Uint8Array(slot, inputOffset)
  const output = new Uint8Array(slot, 0, inputOffset)
  const done: BatchDone = { id, failed: expandAll(codec, input, parts, outLength, output) }
  parentPort?.postMessage(done, [])
})
