import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'

import { readFrames, readFramesInOrder } from './frames.ts'
import { jsonLines } from './json-lines.ts'

function frame(stream: 1 | 2, text: string): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream
  header.writeUInt32BE(Buffer.byteLength(text), 4)
  return Buffer.concat([header, Buffer.from(text)])
}

/** The bytes in pieces of `size`. */
function pieces(bytes: Buffer, size: number): Readable {
  return Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
      bytes.subarray(i * size, (i + 1) * size),
    ),
  )
}

const frames = Buffer.concat([frame(1, 'ein '), frame(2, 'Fehler'), frame(1, 'Ambo\u00df')])

for (const size of [1, 3, 8, 9, 1000]) {
  test(`frames cut into pieces of ${size} bytes are put together again`, async () => {
    assert.deepEqual(await readFrames(pieces(frames, size)), { stdout: 'ein Ambo\u00df', stderr: 'Fehler' })
    assert.equal(await readFramesInOrder(pieces(frames, size)), 'ein FehlerAmbo\u00df')
  })
}

test("what stands in no frame is an engine's own words: stderr", async () => {
  const raw = Buffer.concat([frame(1, 'out'), Buffer.from('OCI runtime exec failed')])
  assert.deepEqual(await readFrames(pieces(raw, 4)), { stdout: 'out', stderr: 'OCI runtime exec failed' })
  assert.deepEqual(await readFrames(pieces(Buffer.from('short'), 10)), { stdout: '', stderr: 'short' })
})

test('the log of a container with a terminal is plain text', async () => {
  assert.equal(await readFramesInOrder(pieces(Buffer.from('$ ls\r\n'), 3)), '$ ls\r\n')
})

test('JSON lines are found wherever the pieces end', async () => {
  const text = Buffer.from('{"a":1}\r\n\n{"b":"\u00fc"}\n{"c":3}')
  for (const size of [1, 5, 100]) {
    assert.deepEqual(await collect(jsonLines(pieces(text, size))), [{ a: 1 }, { b: '\u00fc' }, { c: 3 }])
  }
})

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
