import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { counting, extentsOf, fromBytes } from '../../bytes/index.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { changed, compareWithQemu } from '../../../test/fixtures/virtual-disks.ts'
import { openVdi } from './index.ts'

const FIXTURES = new URL('./fixtures/', import.meta.url)
const dynamic = await loadImage(new URL('dynamic.vdi.zst', FIXTURES).pathname)

compareWithQemu(FIXTURES, async (image) => (await openVdi(image)).source)

test('an image says what it is', async () => {
  const { variant, blockBytes, warnings } = await openVdi(dynamic)
  assert.deepEqual([variant, blockBytes, warnings], ['dynamic', 1024 * 1024, []])
  const fixed = await openVdi(await loadImage(new URL('static.vdi.zst', FIXTURES).pathname))
  assert.equal(fixed.variant, 'static')
})

test('the extents of an image are found without reading its data', async () => {
  const { source, count } = counting(await loadImage(new URL('out-of-order.vdi.zst', FIXTURES).pathname))
  const { source: disk } = await openVdi(source)
  for await (const extent of extentsOf(disk)) assert.ok(extent.lengthBytes > 0)
  assert.ok(count.reads <= 2, JSON.stringify(count))
})

/** Blocks of 4 KiB, each behind 512 bytes of its own: VirtualBox reads such, and QEMU does not. */
function smallBlocks(): Uint8Array {
  const image = new Uint8Array(1024 + 2 * 4608)
  image.set(Buffer.from('<<< test >>>\n'))
  const view = new DataView(image.buffer)
  const fields = { 64: 0xbeda107f, 68: 0x10001, 72: 400, 76: 1, 340: 512, 344: 1024, 360: 512, 368: 10_000 }
  for (const [at, value] of Object.entries(fields)) view.setUint32(Number(at), value, true)
  for (const [at, value] of [
    [376, 4096],
    [380, 512],
    [384, 3],
    [388, 2],
  ] as const) {
    view.setUint32(at, value, true)
  }
  for (const [index, entry] of [1, 0xffff_fffe, 0].entries()) view.setUint32(512 + index * 4, entry, true)
  image.fill(1, 1024 + 512, 1024 + 4608)
  image.fill(2, 1024 + 4608 + 512)
  return image
}

test('blocks of another size, and behind bytes of their own, are read', async () => {
  const { source } = await openVdi(fromBytes(smallBlocks()))
  // Whole sectors: 10000 bytes are 20 of them.
  assert.equal(source.size, 10_240)
  const bytes = await source.read(0, 10_240)
  assert.ok(bytes.subarray(0, 4096).every((byte) => byte === 2))
  assert.ok(bytes.subarray(4096, 8192).every((byte) => byte === 0))
  assert.ok(bytes.subarray(8192).every((byte) => byte === 1))
})

test('a partly downloaded image is reported, and read as far as it goes', async () => {
  const half = fromBytes(await changed(dynamic, (bytes) => bytes.subarray(0, 2 * 1024 * 1024 + 1024)))
  const { source, warnings } = await openVdi(half)
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['VDI_CUT_SHORT'],
  )
  assert.equal(new TextDecoder().decode(await source.read(0, 5)), '1\n2\n3')
  await assert.rejects(source.read(source.size - 512, 512), (error) =>
    isAnnealError(error, 'VDI_TABLE_INVALID'),
  )
})

describe('what is refused', () => {
  const CASES: Readonly<Record<string, readonly [string, RegExp, (view: DataView) => void]>> = {
    'a differencing image': ['VDI_DIFFERENCING', /differencing/, (view) => view.setUint32(76, 4, true)],
    'an image with a parent': ['VDI_DIFFERENCING', /differencing/, (view) => view.setUint32(424, 9, true)],
    'an undo image': ['VDI_DIFFERENCING', /undo/, (view) => view.setUint32(76, 3, true)],
    'another version': ['VDI_VERSION_UNSUPPORTED', /version 0\.1/, (view) => view.setUint32(68, 1, true)],
    'another signature': ['VDI_HEADER_INVALID', /signature/, (view) => view.setUint32(64, 1, true)],
    'an unknown type': ['VDI_HEADER_INVALID', /type/, (view) => view.setUint32(76, 9, true)],
    'sectors of 4096 bytes': ['VDI_HEADER_INVALID', /sector/, (view) => view.setUint32(360, 4096, true)],
    'blocks of no power of two': [
      'VDI_HEADER_INVALID',
      /block size/,
      (view) => view.setUint32(376, 3e6, true),
    ],
    'too few blocks': ['VDI_HEADER_INVALID', /blocks/, (view) => view.setUint32(384, 6, true)],
    'a map outside of the file': [
      'VDI_HEADER_INVALID',
      /map/,
      (view) => view.setUint32(340, 0xffff_fe00, true),
    ],
    'data inside of the map': ['VDI_HEADER_INVALID', /data/, (view) => view.setUint32(344, 512, true)],
    'a disk larger than any': [
      'DISK_SIZE_UNSUPPORTED',
      /8 PiB/,
      (view) => view.setUint32(372, 0x20_0000, true),
    ],
  }
  for (const [name, [code, words, change]] of Object.entries(CASES)) {
    test(`${name} is refused by name`, async () => {
      const image = fromBytes(await changed(dynamic, (_, view) => change(view)))
      await assert.rejects(openVdi(image), (error) => isAnnealError(error, code) && words.test(error.message))
    })
  }
})
