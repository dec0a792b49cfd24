import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PieceStore } from './index.ts'
import type { PackedPiece, PieceOrder } from './index.ts'

const PIECE = { packed: new Uint8Array(30), digest: 'd' }

/** Counts reads, and says how many were under way at the most. */
function counted(): Readonly<{ of: (key: string) => PieceOrder; reads: string[]; most: () => number }> {
  const reads: string[] = []
  let [underWay, most] = [0, 0]
  return {
    reads,
    most: () => most,
    of: (key) => ({
      key,
      pack: async () => {
        reads.push(key)
        underWay += 1
        most = Math.max(most, underWay)
        await new Promise(setImmediate)
        underWay -= 1
        return PIECE
      },
    }),
  }
}

describe('a store of pieces', () => {
  it('reads and packs once for all who ask at the same time, and later', async () => {
    const { of, reads } = counted()
    const store = new PieceStore({ mostBytes: 1 << 20, atOnce: 2 })
    const all = await Promise.all(Array.from({ length: 40 }, () => store.get(of('a'))))
    assert.deepEqual(reads, ['a'])
    assert.equal(new Set(all).size, 1)
    await store.get(of('a'))
    assert.deepEqual(reads, ['a'])
  })

  it('begins in the order of the asking, and no more at once than it may', async () => {
    const { of, reads, most } = counted()
    const store = new PieceStore({ mostBytes: 1 << 20, atOnce: 2 })
    const keys = Array.from({ length: 20 }, (_, index) => `${index}`)
    await Promise.all(keys.map((key) => store.get(of(key))))
    assert.deepEqual(reads, keys)
    assert.equal(most(), 2)
  })

  it('keeps what was used last, within its bound', async () => {
    const { of, reads } = counted()
    // Each takes 30 bytes, and 256 for its entry.
    const store = new PieceStore({ mostBytes: 700, atOnce: 2 })
    for (const key of ['a', 'b', 'a', 'c', 'a', 'b']) await store.get(of(key))
    assert.deepEqual(reads, ['a', 'b', 'c', 'b'])
  })

  it('gives a failure to all who wait, and tries again for the next', async () => {
    const store = new PieceStore({ mostBytes: 1 << 20, atOnce: 2 })
    let failures = 0
    const order = {
      key: 'a',
      pack: async (): Promise<PackedPiece> => {
        failures += 1
        if (failures === 1) throw new Error('no')
        return PIECE
      },
    }
    const both = await Promise.allSettled([store.get(order), store.get(order)])
    assert.deepEqual(
      both.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    assert.ok((await store.get(order)).packed)
  })

  it('does not begin what nobody waits for any more', async () => {
    const { of, reads } = counted()
    const store = new PieceStore({ mostBytes: 1 << 20, atOnce: 1 })
    const stop = new AbortController()
    const first = store.get(of('a'))
    const second = store.get(of('b'), stop.signal)
    const third = store.get(of('c'))
    stop.abort()
    await assert.rejects(second, { name: 'AbortError' })
    await Promise.all([first, third])
    assert.deepEqual(reads, ['a', 'c'])
  })

  it('goes ahead only where nobody waits', async () => {
    const { of, reads } = counted()
    const store = new PieceStore({ mostBytes: 1 << 20, atOnce: 1 })
    const first = store.get(of('a'))
    store.ahead(of('b'))
    await first
    store.ahead(of('c'))
    await store.get(of('c'))
    assert.deepEqual(reads, ['a', 'c'])
  })
})
