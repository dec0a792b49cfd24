import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { UnpackLimit } from './unpack-limit.ts'

const ALWAYS_BYTES = 1_000_000
const NAME = { image: 'oci:a', what: 'layer 1' }
const is = (code: string, limitBytes: number) => (error: unknown) =>
  isAnnealError(error, code) && error.data['limitBytes'] === limitBytes

describe('what the layers of an image may become', () => {
  test('one layer may become 2000 times its packed size, or what any layer may', () => {
    const small = new UnpackLimit(ALWAYS_BYTES).layer('a', NAME)
    small(10, ALWAYS_BYTES)
    assert.throws(() => small(10, ALWAYS_BYTES + 1), is('CONTAINER_LAYER_BOMB', ALWAYS_BYTES))
    const large = new UnpackLimit(ALWAYS_BYTES).layer('a', NAME)
    large(1000, 2_000_000)
    assert.throws(() => large(1000, 2_000_001), is('CONTAINER_LAYER_BOMB', 2_000_000))
  })

  test('all layers together may become that of their blobs, each of which counts once', () => {
    const limit = new UnpackLimit(ALWAYS_BYTES)
    limit.layer('a', NAME)(1000, 900_000)
    limit.layer('b', NAME)(200, 900_000)
    const again = limit.layer('a', NAME)
    again(1000, 600_000)
    assert.throws(() => again(1000, 600_001), is('CONTAINER_IMAGE_BOMB', 2_400_000))
  })
})
