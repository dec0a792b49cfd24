import assert from 'node:assert/strict'
import { describe, it, test } from 'node:test'
import * as fc from 'fast-check'
import type { Extent, ExtentKind } from '../../bytes/index.ts'
import { planChunks } from './plan-chunks.ts'
import type { Chunk } from './plan-chunks.ts'

describe('the chunks of a base', () => {
  it('hold what is used, cut at the chunk size, and leave free space out', async () => {
    const chunks = await plan([6, 'data'], [4, 'unallocated'], [30, 'unallocated'], [3, 'zero'], [7, 'data'])
    assert.deepEqual(chunks, [
      { offsetBytes: 0, lengthBytes: 8, used: [{ offsetBytes: 0, lengthBytes: 6, kind: 'data' }] },
      {
        offsetBytes: 40,
        lengthBytes: 8,
        used: [
          { offsetBytes: 40, lengthBytes: 3, kind: 'zero' },
          { offsetBytes: 43, lengthBytes: 5, kind: 'data' },
        ],
      },
      { offsetBytes: 48, lengthBytes: 2, used: [{ offsetBytes: 48, lengthBytes: 2, kind: 'data' }] },
    ])
  })

  it('join zeros up to 32 chunks, from where a chunk begins to where one ends', async () => {
    const chunks = await plan([3, 'data'], [8 * 40, 'zero'])
    assert.deepEqual(
      chunks.map(({ offsetBytes, lengthBytes, used }) => [
        offsetBytes,
        lengthBytes,
        used.map(({ kind }) => kind),
      ]),
      [
        [0, 8, ['data', 'zero']],
        [8, 8 * 32, ['zero']],
        [8 * 33, 8 * 7, ['zero']],
        [8 * 40, 3, ['zero']],
      ],
    )
  })

  it('cover every used byte once, in order, whatever the extents', async () => {
    const kinds = fc.constantFrom<ExtentKind>('data', 'zero', 'unallocated')
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 30 }), kinds)),
        fc.boolean(),
        async (list, exact) => {
          const wanted = list.flatMap(([length, kind]) =>
            Array.from({ length }, () => wantedKind(kind, exact)),
          )
          const found: (string | undefined)[] = wanted.map(() => undefined)
          let last = -1
          for (const chunk of await planAll(list, exact)) {
            assert.ok(chunk.offsetBytes % 8 === 0 && chunk.offsetBytes > last)
            last = chunk.offsetBytes
            for (const { offsetBytes, lengthBytes, kind } of chunk.used) {
              assert.ok(offsetBytes >= chunk.offsetBytes)
              assert.ok(offsetBytes + lengthBytes <= chunk.offsetBytes + chunk.lengthBytes)
              for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += 1) {
                assert.equal(found[at], undefined)
                found[at] = kind
              }
            }
          }
          assert.deepEqual(found, wanted)
        },
      ),
    )
  })
})

function wantedKind(kind: ExtentKind, exact: boolean): string | undefined {
  if (kind !== 'unallocated') return kind
  return exact ? 'data' : undefined
}

function plan(...list: [number, ExtentKind][]): Promise<Chunk[]> {
  return planAll(list, false)
}

async function planAll(list: readonly [number, ExtentKind][], exact: boolean): Promise<Chunk[]> {
  const sizeBytes = list.reduce((sum, [length]) => sum + length, 0)
  const chunks: Chunk[] = []
  const options = { sizeBytes, chunkBytes: 8, freeSpace: exact ? ('read' as const) : ('skip' as const) }
  for await (const chunk of planChunks(extents(list), options)) chunks.push(chunk)
  return chunks
}

async function* extents(list: readonly [number, ExtentKind][]): AsyncGenerator<Extent> {
  let offsetBytes = 0
  for (const [lengthBytes, kind] of list) {
    yield { offsetBytes, lengthBytes, kind }
    offsetBytes += lengthBytes
  }
}

test('a disk of 60 TiB of zeros has few chunks', async () => {
  const sizeBytes = 60 * 2 ** 40
  const chunkBytes = 2 * 2 ** 20
  async function* zeros(): AsyncGenerator<Extent> {
    yield { offsetBytes: 0, lengthBytes: sizeBytes, kind: 'zero' }
  }
  let [count, end] = [0, 0]
  for await (const { offsetBytes, lengthBytes } of planChunks(zeros(), {
    sizeBytes,
    chunkBytes,
    freeSpace: 'skip',
  })) {
    assert.equal(offsetBytes, end)
    end += lengthBytes
    count += 1
  }
  assert.equal(end, sizeBytes)
  assert.ok(count <= 65_536, `${count} chunks`)
})
