import assert from 'node:assert/strict'
import { test } from 'node:test'
import { deflateRawSync, zstdCompressSync } from 'node:zlib'
import { toHex } from '../../core/index.ts'
import { ALGORITHMS } from './index.ts'

const TEXT = new TextEncoder().encode('a line that repeats, '.repeat(200))
const withMore = (bytes: Uint8Array): Uint8Array => Uint8Array.from([...bytes, ...new Uint8Array(500)])

for (const [name, packed] of [
  ['inflateRaw', deflateRawSync(TEXT)],
  ['zstd', zstdCompressSync(TEXT)],
] as const) {
  test(`${name} fills what it is given, and passes over what follows`, () => {
    const into = new Uint8Array(TEXT.length + 10).fill(7)
    assert.equal(ALGORITHMS[name](withMore(packed), into), TEXT.length)
    assert.deepEqual(into.subarray(0, TEXT.length), TEXT)
    assert.equal(into[TEXT.length], 7)
  })

  test(`${name} throws on what is damaged, truncated or too much`, () => {
    const room = new Uint8Array(TEXT.length)
    assert.throws(() => ALGORITHMS[name](packed.subarray(0, packed.length - 4), room))
    assert.throws(() => ALGORITHMS[name](withMore(packed), room.subarray(1)))
    assert.throws(() => ALGORITHMS[name](new Uint8Array(100).fill(0xff), room))
    assert.throws(() => ALGORITHMS[name](new Uint8Array(0), room))
  })
}

test('digests are those of sha256sum and `b2sum --length 256`', async () => {
  const [sha256, blake2] = [await ALGORITHMS.digest('sha256'), await ALGORITHMS.digest('blake2b-256')]
  const abc = new TextEncoder().encode('abc')
  assert.equal(toHex(sha256(abc)), 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
  assert.equal(toHex(blake2(abc)), 'bddd813c634239723171ef3fee98579b94964e3bb1cb3e427262c8c068d52319')
})
