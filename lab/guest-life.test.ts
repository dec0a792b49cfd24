import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPing } from './guest-life.ts'

test('packets that nobody answered before the last answer are lost', () => {
  const text = `answer: seq=0 time=0.400 ms
answer: seq=1 time=31.250 ms
answer: seq=4 time=0.300 ms
answer: seq=4 time=0.310 ms

7 packets transmitted
`
  assert.deepEqual(readPing(text), { packetsSent: 5, packetsLost: 2, longestAnswerMs: 31.25 })
})

test('a guest that stops answering permanently has lost all but the packets of the last second', () => {
  const text = `answer: seq=0 time=0.400 ms\n\n501 packets transmitted\n`
  assert.deepEqual(readPing(text), { packetsSent: 401, packetsLost: 400, longestAnswerMs: 0.4 })
})
