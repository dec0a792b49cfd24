import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { FakeStore } from '../../../runtime/image/push/testing/fake-store.ts'
import { pushImage } from './index.ts'
import type { PushOptions } from './index.ts'

const IMAGE = join(import.meta.dirname, '../../../../test/architecture/front-end/fixtures/small.img.zst')

const OPTIONS: PushOptions = { boot: { kargs: [], deleteKargs: [] }, signal: new AbortController().signal }

test('an image is converted straight into a store, and a second push sends nothing', async () => {
  const store = new FakeStore()
  const steps: string[] = []
  const first = await pushImage(store, IMAGE, OPTIONS, { onStep: ({ event }) => steps.push(event) })
  assert.deepEqual(
    first.images.map(({ role, name, outcome }) => [role, name, outcome]),
    [
      ['kernel', 'small-kernel', 'uploaded'],
      ['ramdisk', 'small-ramdisk', 'uploaded'],
      ['base', 'small', 'uploaded'],
    ],
  )
  assert.ok(steps.includes('sent'))
  const second = await pushImage(store, IMAGE, OPTIONS)
  assert.ok(second.images.every(({ outcome, sentBytes }) => outcome === 'kept' && sentBytes === 0))
})

test('a planned push changes nothing in the store', async () => {
  const store = new FakeStore()
  const { images } = await pushImage(store, IMAGE, { ...OPTIONS, mode: 'plan' })
  assert.ok(images.every(({ outcome }) => outcome === 'would be uploaded'))
  const stored: unknown[] = []
  for await (const image of store.list()) stored.push(image)
  assert.deepEqual(stored, [])
})
