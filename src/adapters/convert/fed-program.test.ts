import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { feedProgram } from './fed-program.ts'

const { signal } = new AbortController()

async function* endless(): AsyncGenerator<Uint8Array, void, undefined> {
  for (;;) yield new Uint8Array(1 << 20)
}

test('a program that ends early fails with what it said, whatever is still in its pipe', async () => {
  for (const script of ['echo why >&2; exit 3', 'head -c 3000000 >/dev/null; echo why >&2; exit 3'])
    await assert.rejects(feedProgram('sh', ['-c', script], endless(), signal), (error) => {
      assert.ok(isAnnealError(error, 'ROOT_IMAGE_FAILED'))
      assert.match(error.message, /sh failed: why/)
      return true
    })
})

test('what the archive throws counts for more than how the program ends', async () => {
  async function* broken(): AsyncGenerator<Uint8Array, void, undefined> {
    yield new Uint8Array(10)
    throw new TypeError('the archive is broken')
  }
  await assert.rejects(feedProgram('sh', ['-c', 'cat >/dev/null'], broken(), signal), /the archive is broken/)
})
