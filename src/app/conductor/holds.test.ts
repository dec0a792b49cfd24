import assert from 'node:assert/strict'
import { it } from 'node:test'
import { holds } from './holds.ts'

it('an image is closed when nothing reads it any more, and once', async () => {
  let closed = 0
  const image = holds('image', async () => {
    closed += 1
  })
  const [first, second] = [image.hold(), image.hold()]
  const disposed = image[Symbol.asyncDispose]()
  first[Symbol.dispose]()
  first[Symbol.dispose]()
  await new Promise(setImmediate)
  assert.equal(closed, 0)
  assert.throws(() => image.hold(), { code: 'DEPLOY_IMAGE_CLOSED' })
  second[Symbol.dispose]()
  await disposed
  await image[Symbol.asyncDispose]()
  assert.equal(closed, 1)
})
