import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { extentsOf, fromBytes } from '../../bytes/index.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { changed, compareWithQemu } from '../../../test/fixtures/virtual-disks.ts'
import { checksumOf } from './footer.ts'
import { openVhd } from './index.ts'

const FIXTURES = new URL('./fixtures/', import.meta.url)
const load = (name: string) => loadImage(new URL(`${name}.vhd.zst`, FIXTURES).pathname)
const dynamic = await load('dynamic-any-size')
const fixed = await load('fixed')

compareWithQemu(FIXTURES, async (image) => (await openVhd(image)).source)

/** Both footers (512 bytes) and the header of a dynamic disk (1024 bytes) with their checksums made right. */
function seal(bytes: Uint8Array, view: DataView): void {
  for (const [start, length, field] of [
    [0, 512, 64],
    [512, 1024, 36],
    [bytes.length - 512, 512, 64],
  ] as const) {
    view.setUint32(start + field, checksumOf(bytes.subarray(start, start + length), field))
  }
}

async function reopened(change: (view: DataView, end: number) => void) {
  return openVhd(
    fromBytes(
      await changed(dynamic, (bytes, view) => {
        change(view, bytes.length - 512)
        seal(bytes, view)
      }),
    ),
  )
}

test('an image says what it is', async () => {
  for (const [name, facts] of Object.entries({
    dynamic: ['dynamic', 'qemu'],
    'dynamic-any-size': ['dynamic', 'qem2'],
    fixed: ['fixed', 'qem2'],
  })) {
    const { variant, creator, warnings } = await openVhd(await load(name))
    assert.deepEqual([variant, creator, warnings], [...facts, []])
  }
})

test('a sector whose bit is not set reads as zeros, whatever lies in its place', async () => {
  // The first block lies behind two footers, the header and the table.
  const first = new DataView((await dynamic.read(1536, 4)).slice().buffer).getUint32(0) * 512
  const { source } = await reopened((view) => view.setUint8(first, 0b1011_1111))
  const bytes = await source.read(0, 1536)
  assert.equal(new TextDecoder().decode(bytes.subarray(0, 5)), '1\n2\n3')
  assert.ok(bytes.subarray(512, 1024).every((byte) => byte === 0))
  assert.deepEqual(bytes.subarray(1024), (await (await openVhd(dynamic)).source.read(0, 1536)).subarray(1024))
  assert.deepEqual(await source.read(700, 10), new Uint8Array(10))
  const extents = await Array.fromAsync(extentsOf(source, 0, 2048))
  assert.deepEqual(
    extents.map(({ lengthBytes, kind }) => [lengthBytes, kind]),
    [
      [512, 'data'],
      [512, 'zero'],
      [1024, 'data'],
    ],
  )
})

test('the creator says whether the geometry or the footer has the size', async () => {
  const sized = async (creator: string): Promise<number> => {
    const { source } = await reopened((view, end) => {
      for (let index = 0; index < 4; index += 1) view.setUint8(end + 28 + index, creator.charCodeAt(index))
      view.setBigUint64(end + 48, 4_096_000n)
      view.setUint16(end + 56, 10)
      view.setUint8(end + 58, 4)
      view.setUint8(end + 59, 17)
    })
    return source.size
  }
  for (const creator of ['win ', 'd2v ', 'vbox', 'tap\0', 'qem2', 'wa\0\0']) {
    assert.equal(await sized(creator), 4_096_000, creator)
  }
  for (const creator of ['vpc ', 'vs  ', 'qemu'])
    assert.equal(await sized(creator), 10 * 4 * 17 * 512, creator)
})

test('an image without its end is read by the copy of its footer, and reported', async () => {
  const cut = fromBytes(await changed(dynamic, (bytes) => bytes.subarray(0, -512)))
  const { warnings, source } = await openVhd(cut)
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['VHD_CUT_SHORT'],
  )
  assert.equal(new TextDecoder().decode(await source.read(0, 5)), '1\n2\n3')
  const half = fromBytes(await changed(dynamic, (bytes) => bytes.subarray(0, 1024 * 1024)))
  const { source: rest } = await openVhd(half)
  await assert.rejects(rest.read(0, 512), (error) => isAnnealError(error, 'VHD_TABLE_INVALID'))
})

test('a fixed disk with the shorter footer of old versions is read', async () => {
  const short = await changed(fixed, (bytes, view) => {
    // The last byte is reserved, and zero: the sum stays the same.
    assert.equal(view.getUint8(bytes.length - 1), 0)
    return bytes.subarray(0, -1)
  })
  const { source } = await openVhd(fromBytes(short))
  assert.equal(source.size, fixed.size - 512)
})

describe('what is refused', () => {
  const CASES: Readonly<Record<string, readonly [string, RegExp, (view: DataView, end: number) => void]>> = {
    'a differencing disk': [
      'VHD_DIFFERENCING',
      /"base"/,
      (view, end) => {
        view.setUint32(end + 60, 4)
        for (const [index, letter] of Array.from('base').entries()) {
          view.setUint16(512 + 64 + index * 2, letter.charCodeAt(0))
        }
      },
    ],
    'another version': ['VHD_VERSION_UNSUPPORTED', /2\.0/, (view, end) => view.setUint32(end + 12, 0x2_0000)],
    'another version of the header': [
      'VHD_VERSION_UNSUPPORTED',
      /3\.1/,
      (view) => view.setUint32(536, 0x3_0001),
    ],
    'an unknown type': ['VHD_HEADER_INVALID', /type/, (view, end) => view.setUint32(end + 60, 9)],
    'blocks of no power of two': [
      'VHD_HEADER_INVALID',
      /block size/,
      (view) => view.setUint32(544, 3_000_000),
    ],
    'too few entries': ['VHD_HEADER_INVALID', /entries/, (view) => view.setUint32(540, 2)],
    'a table outside of the file': ['VHD_HEADER_INVALID', /table/, (view) => view.setUint32(528, 1)],
    'a header outside of the file': [
      'VHD_HEADER_INVALID',
      /data offset/,
      (view, end) => view.setUint32(end + 16, 1),
    ],
  }
  for (const [name, [code, words, change]] of Object.entries(CASES)) {
    test(`${name} is refused by name`, async () => {
      await assert.rejects(
        reopened(change),
        (error) => isAnnealError(error, code) && words.test(error.message),
      )
    })
  }

  test('a checksum that does not fit is refused, of a footer and of a header', async () => {
    for (const at of [fixed.size - 512 + 40, fixed.size - 512 + 49]) {
      const image = fromBytes(await changed(fixed, (bytes) => void (bytes[at] = 0x55)))
      await assert.rejects(openVhd(image), (error) => isAnnealError(error, 'VHD_HEADER_INVALID'))
    }
    const image = fromBytes(await changed(dynamic, (_, view) => view.setUint8(600, 0x55)))
    await assert.rejects(openVhd(image), (error) => isAnnealError(error, 'VHD_HEADER_INVALID'))
  })

  test('a block at the footer, or behind the end, is refused where it is read', async () => {
    for (const entry of [0, 0xffff_fff0]) {
      const { source } = await reopened((view) => view.setUint32(1536, entry))
      await assert.rejects(source.read(0, 512), (error) => isAnnealError(error, 'VHD_TABLE_INVALID'))
    }
  })
})
