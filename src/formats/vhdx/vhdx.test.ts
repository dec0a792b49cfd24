import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { crc32c, extentsOf, fromBytes } from '../../bytes/index.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { changed, compareWithQemu } from '../../../test/fixtures/virtual-disks.ts'
import { openVhdx } from './index.ts'

const FIXTURES = new URL('./fixtures/', import.meta.url)
const load = (name: string) => loadImage(new URL(`${name}.vhdx.zst`, FIXTURES).pathname)
const dynamic = await load('dynamic')

const KIB = 1024
const [HEADER_1, HEADER_2, REGIONS_1, REGIONS_2] = [64 * KIB, 128 * KIB, 192 * KIB, 256 * KIB] as const

compareWithQemu(FIXTURES, async (image) => (await openVhdx(image)).source)

/** Makes the checksums of headers and region tables right. */
function seal(bytes: Uint8Array, view: DataView): void {
  for (const [start, length] of [
    [HEADER_1, 4096],
    [HEADER_2, 4096],
    [REGIONS_1, 65_536],
    [REGIONS_2, 65_536],
  ] as const) {
    view.setUint32(start + 4, 0)
    view.setUint32(start + 4, crc32c(bytes.subarray(start, start + length)), true)
  }
}

async function reopened(change: (view: DataView, places: Places) => void) {
  const bytes = await changed(dynamic, (all, view) => {
    change(view, placesOf(view))
    seal(all, view)
  })
  return openVhdx(fromBytes(bytes))
}

type Places = Readonly<{ table: number; metadata: number; item: (guidStart: number) => number; log: number }>

/** Where things are in the fixture; an item by the first four bytes of its GUID. */
function placesOf(view: DataView): Places {
  const region = (guidStart: number): number => {
    for (let at = REGIONS_1 + 16; ; at += 32) {
      if (view.getUint32(at, true) === guidStart) return Number(view.getBigUint64(at + 16, true))
    }
  }
  const metadata = region(0x8b7ca206)
  const item = (guidStart: number): number => {
    for (let at = metadata + 32; ; at += 32) {
      if (view.getUint32(at, true) === guidStart) return metadata + view.getUint32(at + 16, true)
    }
  }
  return { table: region(0x2dc27766), metadata, item, log: Number(view.getBigUint64(HEADER_1 + 72, true)) }
}
const FILE_PARAMETERS = 0xcaa16737
const LOGICAL_SECTOR = 0x8141bf1d
const DISK_SIZE = 0x2fa54224

test('an image says what it is', async () => {
  const { variant, blockBytes, sectorBytes } = await openVhdx(dynamic)
  assert.deepEqual([variant, blockBytes, sectorBytes], ['dynamic', KIB * KIB, 512])
  assert.equal((await openVhdx(await load('fixed'))).variant, 'fixed')
})

test('blocks behind an entry of a bitmap block are found', async () => {
  const { source } = await openVhdx(await load('chunks'))
  const at = 4500 * KIB * KIB
  assert.deepEqual(Array.from(await source.read(at, 2)), [7, 7])
  assert.deepEqual(Array.from(await source.read(3 * KIB * KIB, 2)), [8, 8])
  const data = (await Array.fromAsync(extentsOf(source))).filter(({ kind }) => kind === 'data')
  assert.deepEqual(
    data.map(({ offsetBytes }) => offsetBytes / KIB / KIB),
    [3, 4500],
  )
})

test('sectors of 4096 bytes are said, and the disk has whole ones', async () => {
  const { sectorBytes, source } = await reopened((view, { item }) => {
    view.setUint32(item(LOGICAL_SECTOR), 4096, true)
    view.setBigUint64(item(DISK_SIZE), 6n * 1024n * 1024n, true)
  })
  assert.deepEqual([sectorBytes, source.size], [4096, 6 * KIB * KIB])
  await assert.rejects(
    reopened((view, { item }) => view.setUint32(item(LOGICAL_SECTOR), 4096, true)),
    (error) => isAnnealError(error, 'VHDX_HEADER_INVALID') && error.message.includes('disk size'),
  )
})

test('blocks of every state without data are zeros', async () => {
  for (const state of [0, 1, 2, 3, 5]) {
    const { source } = await reopened((view, { table }) => view.setUint8(table, state))
    assert.ok((await source.read(0, 512)).every((byte) => byte === 0))
  }
})

test('of two headers the newer one counts, and one that is damaged does not', async () => {
  const isDirty = (error: unknown): boolean => isAnnealError(error, 'VHDX_LOG_DIRTY')
  const logged =
    (header: number, isNewer: boolean) =>
    (view: DataView, { log }: Places) => {
      const other = header === HEADER_1 ? HEADER_2 : HEADER_1
      view.setBigUint64(header + 8, isNewer ? 100n : 1n, true)
      view.setBigUint64(other + 8, 50n, true)
      view.setUint32(header + 48, 0x1234)
      view.setUint32(other + 48, 0)
      view.setUint32(log + 4096, 0x65676f6c, true)
      view.setBigUint64(log + 4096 + 32, 0x0000_1234_0000_0000n)
      view.setBigUint64(log + 4096 + 40, 0n)
    }
  for (const header of [HEADER_1, HEADER_2]) {
    await assert.rejects(reopened(logged(header, true)), isDirty)
    assert.equal((await reopened(logged(header, false))).variant, 'dynamic')
  }
  const bytes = await changed(dynamic, (all, view) => {
    logged(HEADER_1, true)(view, placesOf(view))
    seal(all, view)
    view.setUint8(HEADER_1 + 200, 1)
  })
  assert.equal((await openVhdx(fromBytes(bytes))).variant, 'dynamic')
})

test('a log without entries of its own GUID is empty', async () => {
  const { variant } = await reopened((view, { log }) => {
    for (const header of [HEADER_1, HEADER_2]) view.setUint32(header + 48, 0x1234)
    view.setUint32(log + 4096, 0x65676f6c, true)
    view.setBigUint64(log + 4096 + 32, 0x0000_4321_0000_0000n)
    view.setBigUint64(log + 4096 + 40, 0n)
  })
  assert.equal(variant, 'dynamic')
})

describe('what is refused', () => {
  const CASES: Readonly<Record<string, readonly [string, RegExp, (view: DataView, places: Places) => void]>> =
    {
      'another signature': ['VHDX_HEADER_INVALID', /signature/, (view) => view.setUint8(0, 0x56)],
      'version 2': [
        'VHDX_VERSION_UNSUPPORTED',
        /version 2/,
        (view) => {
          for (const header of [HEADER_1, HEADER_2]) view.setUint16(header + 66, 2, true)
        },
      ],
      'a differencing disk': [
        'VHDX_DIFFERENCING',
        /does not name/,
        (view, { item }) => view.setUint32(item(FILE_PARAMETERS) + 4, 2, true),
      ],
      'a region that is required and not known': [
        'VHDX_FEATURE_UNKNOWN',
        /region 0badcafe/,
        (view) => {
          view.setUint32(REGIONS_1 + 16 + 64, 0x0badcafe, true)
          view.setUint32(REGIONS_1 + 16 + 64 + 28, 1, true)
          view.setUint32(REGIONS_1 + 8, 3, true)
        },
      ],
      'metadata that are required and not known': [
        'VHDX_FEATURE_UNKNOWN',
        /metadata item 0badcafe/,
        (view, { metadata }) => {
          const count = view.getUint16(metadata + 10, true)
          view.setUint16(metadata + 10, count + 1, true)
          view.setUint32(metadata + 32 + count * 32, 0x0badcafe, true)
          view.setUint32(metadata + 32 + count * 32 + 24, 4, true)
        },
      ],
      'a region outside of the file': [
        'VHDX_HEADER_INVALID',
        /end of a region/,
        (view) => view.setUint32(REGIONS_1 + 16 + 16 + 4, 1, true),
      ],
      'an item outside of its region': [
        'VHDX_HEADER_INVALID',
        /metadata item/,
        (view, { metadata }) => view.setUint32(metadata + 32 + 16, 0x7fff_ffff, true),
      ],
      'blocks of 512 MiB': [
        'VHDX_HEADER_INVALID',
        /block size/,
        (view, { item }) => view.setUint32(item(FILE_PARAMETERS), 2 ** 29, true),
      ],
      'sectors of 1024 bytes': [
        'VHDX_HEADER_INVALID',
        /sector size/,
        (view, { item }) => view.setUint32(item(LOGICAL_SECTOR), 1024, true),
      ],
      'a disk that its table does not cover': [
        'VHDX_HEADER_INVALID',
        /length of the block allocation table/,
        (view, { item }) => view.setBigUint64(item(DISK_SIZE), 2n ** 45n, true),
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

  test('where no header and no region table has a checksum that fits', async () => {
    for (const [places, words] of [
      [[HEADER_1, HEADER_2], /both headers/],
      [[REGIONS_1, REGIONS_2], /both region tables/],
    ] as const) {
      const image = fromBytes(
        await changed(dynamic, (_, view) => {
          for (const place of places) view.setUint8(place + 300, 0x55)
        }),
      )
      await assert.rejects(
        openVhdx(image),
        (error) => isAnnealError(error, 'VHDX_HEADER_INVALID') && words.test(error.message),
      )
    }
  })

  test('a block outside of the file or of an unknown state, where it is read', async () => {
    for (const entry of [0xffff_ffff_fff0_0006n, 6n, 4n, 7n]) {
      const { source } = await reopened((view, { table }) => view.setBigUint64(table, entry, true))
      await assert.rejects(source.read(0, 512), (error) => isAnnealError(error, 'VHDX_TABLE_INVALID'))
    }
  })
})
