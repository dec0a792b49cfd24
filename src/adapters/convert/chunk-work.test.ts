import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { test } from 'node:test'
import { ChunkWork } from './chunk-work.ts'

test('zeros and almost zeros have the digests of their bytes, whatever the chunk before held', () => {
  const work = new ChunkWork()
  const lengthBytes = 200_000
  const almost = new Uint8Array(lengthBytes)
  almost[lengthBytes - 1] = 1
  for (const bytes of [new Uint8Array(lengthBytes).fill(7), new Uint8Array(lengthBytes), almost]) {
    const done = work.do({
      offsetBytes: 0,
      lengthBytes,
      use: 'write',
      steps: [{ kind: 'given', at: 0, lengthBytes, bytes }],
      runs: [
        { at: 0, lengthBytes: 70_000 },
        { at: 70_000, lengthBytes: 130_000 },
      ],
    })
    assert.ok('sha256' in done)
    assert.deepEqual(
      done.sha256,
      [bytes.subarray(0, 70_000), bytes.subarray(70_000)].map((part) => hash('sha256', part, 'hex')),
    )
  }
})
