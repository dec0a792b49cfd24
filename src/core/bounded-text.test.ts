import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { boundedText } from './bounded-text.ts'

async function* parts(...all: readonly (readonly number[])[]): AsyncGenerator<Uint8Array> {
  for (const one of all) yield Uint8Array.from(one)
}

describe('a bounded text', () => {
  test('is decoded across parts', async () => {
    const text = await boundedText(parts([0x61, 0xe2], [0x82], [0xac, 0x62]), 10, () => new Error('long'))
    assert.equal(text, 'a€b')
  })

  test('ends with the error of its reader where it is too long, and reads no further', async () => {
    let read = 0
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read += 1
        yield new Uint8Array(4)
      }
    }
    await assert.rejects(
      boundedText(endless(), 10, () => new Error('long')),
      /^Error: long$/,
    )
    assert.equal(read, 3)
    assert.equal((await boundedText(parts([1, 2]), 2, () => new Error('long'))).length, 2)
  })
})
