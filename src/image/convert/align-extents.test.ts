import assert from 'node:assert/strict'
import { it } from 'node:test'
import * as fc from 'fast-check'
import type { Extent, ExtentKind } from '../../bytes/index.ts'
import { alignExtents } from './align-extents.ts'

it('extents are widened to whole blocks: data wins, then zero', async () => {
  const kinds = fc.constantFrom<ExtentKind>('data', 'zero', 'unallocated')
  const lists = fc.array(fc.tuple(fc.integer({ min: 1, max: 11 }), kinds), { maxLength: 20 })
  await fc.assert(
    fc.asyncProperty(lists, async (list) => {
      const bytes = list.flatMap(([length, kind]) => Array.from({ length }, () => kind))
      const wanted = bytes.map((_, index) => {
        const block = bytes.slice(index - (index % 4), index - (index % 4) + 4)
        return block.includes('data') ? 'data' : block.includes('zero') ? 'zero' : 'unallocated'
      })
      const found: ExtentKind[] = []
      for await (const { offsetBytes, lengthBytes, kind } of alignExtents(extents(list), 4)) {
        assert.equal(offsetBytes, found.length)
        assert.equal(offsetBytes % 4, 0)
        found.push(...Array.from({ length: lengthBytes }, () => kind))
      }
      assert.deepEqual(found, wanted)
    }),
  )
})

async function* extents(list: readonly [number, ExtentKind][]): AsyncGenerator<Extent> {
  let offsetBytes = 0
  for (const [lengthBytes, kind] of list) {
    yield { offsetBytes, lengthBytes, kind }
    offsetBytes += lengthBytes
  }
}
