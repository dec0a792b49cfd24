import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fromBytes, mapped, patched, placesOf } from './index.ts'
import type { ByteSource, Place } from './index.ts'

const LOWER = fromBytes(Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 251))

/** What the places say, read by hand. */
async function readByPlaces(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  const out = new Uint8Array(length)
  let end = offset
  for await (const place of placesOf(source, offset, length)) {
    assert.equal(place.offsetBytes, end, 'no gap and no overlap')
    assert.ok(place.lengthBytes > 0)
    end += place.lengthBytes
    out.set(await bytesOf(place), place.offsetBytes - offset)
  }
  assert.equal(end, offset + length)
  return out
}

async function bytesOf(place: Place): Promise<Uint8Array> {
  switch (place.kind) {
    case 'zero':
      return new Uint8Array(place.lengthBytes)
    case 'given':
      assert.equal(place.bytes.length, place.lengthBytes)
      return place.bytes
    case 'stored':
      assert.equal(place.source, LOWER, 'the source below all layers')
      return place.source.read(place.sourceOffsetBytes, place.lengthBytes)
    case 'packed':
      throw new Error('nothing is packed here')
  }
}

test('the places of pieces, holes and patches, one upon the other, hold what is read', async () => {
  const inner = mapped(
    [
      { lengthBytes: 300, source: LOWER, sourceOffsetBytes: 500 },
      { lengthBytes: 50, hole: 'zero' },
      { lengthBytes: 100, source: LOWER, sourceOffsetBytes: 0 },
      { lengthBytes: 20, hole: 'unallocated' },
    ],
    'inner',
  )
  const outer = mapped(
    [
      { lengthBytes: 200, source: inner, sourceOffsetBytes: 250 },
      { lengthBytes: 250, source: inner, sourceOffsetBytes: 10 },
    ],
    'outer',
  )
  const source = patched(outer, [
    { offsetBytes: 0, bytes: Uint8Array.of(1, 2, 3) },
    { offsetBytes: 45, bytes: new Uint8Array(80).fill(9) },
    { offsetBytes: 449, bytes: Uint8Array.of(255) },
  ])
  for (let offset = 0; offset < source.size; offset += 13) {
    for (const length of [1, 40, 199, source.size - offset]) {
      const most = Math.min(length, source.size - offset)
      assert.deepEqual(
        [...(await readByPlaces(source, offset, most))],
        [...(await source.read(offset, most))],
        `${most} bytes at ${offset}`,
      )
    }
  }
})

test('a source that is made of no other is its own place', async () => {
  const [only, ...others] = await Array.fromAsync(placesOf(LOWER, 10, 20))
  assert.deepEqual(only, {
    kind: 'stored',
    offsetBytes: 10,
    lengthBytes: 20,
    source: LOWER,
    sourceOffsetBytes: 10,
  })
  assert.equal(others.length, 0)
  assert.deepEqual(await Array.fromAsync(placesOf(LOWER, 10, 0)), [])
})
