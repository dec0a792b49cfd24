import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readPing } from './guest-life.ts'

test('packets that nobody answered before the last answer are lost', () => {
  const text = `PING 10.77.0.2 (10.77.0.2): 56 data bytes
64 bytes from 10.77.0.2: seq=0 ttl=64 time=0.400 ms
64 bytes from 10.77.0.2: seq=1 ttl=64 time=31.250 ms
64 bytes from 10.77.0.2: seq=4 ttl=64 time=0.300 ms
64 bytes from 10.77.0.2: seq=4 ttl=64 time=0.310 ms (DUP!)

--- 10.77.0.2 ping statistics ---
7 packets transmitted, 3 packets received, 57% packet loss
`
  assert.deepEqual(readPing(text), { packetsSent: 5, packetsLost: 2, longestAnswerMs: 31.25 })
})

test('a guest that stops answering for good has lost all but the packets of the last second', () => {
  const text = `64 bytes from 10.77.0.2: seq=0 ttl=64 time=0.400 ms\n\n501 packets transmitted, 1 packets received, 99% packet loss\n`
  assert.deepEqual(readPing(text), { packetsSent: 401, packetsLost: 400, longestAnswerMs: 0.4 })
})
