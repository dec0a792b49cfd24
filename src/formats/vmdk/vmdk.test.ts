import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { counting, extentsOf, fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { decompressPool } from '../../adapters/image-source/index.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { streamVmdk } from '../../../test/fixtures/stream-vmdk.ts'
import { changed, compareWithQemu } from '../../../test/fixtures/virtual-disks.ts'
import { openVmdk } from './index.ts'

const FIXTURES = new URL('./fixtures/', import.meta.url)
const load = (name: string) => loadImage(new URL(`${name}.vmdk.zst`, FIXTURES).pathname)
const decompress = decompressPool({ threads: 0 })
const open = (image: ByteSource) => openVmdk(image, { decompress })
const sparse = await load('sparse')
const stream = await load('stream')

compareWithQemu(FIXTURES, async (image) => (await open(image)).source)

test('an image says what it is', async () => {
  for (const [name, type] of Object.entries({ sparse: 'monolithicSparse', stream: 'streamOptimized' })) {
    const { variant, warnings } = await open(await load(name))
    assert.deepEqual([variant, warnings], [type, []])
  }
})

test('the extents of an image are found without reading its grains', async () => {
  const { source, count } = counting(stream)
  const { source: disk } = await open(source)
  const before = count.bytes
  for await (const extent of extentsOf(disk, 0, 6 * 1024 * 1024)) assert.ok(extent.lengthBytes > 0)
  assert.ok(count.bytes - before <= 3 * 16_384, JSON.stringify(count))
})

/** 100 sectors of text, with nothing in the middle. */
function textDisk(): Uint8Array {
  const bytes = Buffer.alloc(100 * 512)
  for (let at = 0; at < bytes.length; at += 8) bytes.write(String(at).padStart(7, '0'), at)
  return new Uint8Array(bytes.fill(0, 20_000, 30_000))
}
const STREAM = { grainSectors: 8, tableEntries: 4, padsLastGrain: true, level: 9 }

describe('a stream as VMware makes it', () => {
  for (const padsLastGrain of [true, false]) {
    const last = padsLastGrain ? 'padded' : 'cut'
    test(`is read by its footer, also in small pieces; its last grain is ${last}`, async () => {
      const { source, variant } = await open(fromBytes(streamVmdk(textDisk(), { ...STREAM, padsLastGrain })))
      assert.equal(variant, 'streamOptimized')
      assert.deepEqual(Buffer.from(await source.read(0, source.size)), Buffer.from(textDisk()))
      for (const at of [0, 4090, 25_000, 51_000]) {
        const length = Math.min(4200, source.size - at)
        assert.deepEqual(
          Buffer.from(await source.read(at, length)),
          Buffer.from(textDisk().subarray(at, at + length)),
        )
      }
    })
  }

  test('is refused without its end', async () => {
    for (const cut of [512, 1024, 1536, 20_000]) {
      const image = fromBytes(streamVmdk(textDisk(), STREAM).subarray(0, -cut))
      await assert.rejects(open(image), (error) => isAnnealError(error, 'VMDK_FOOTER_MISSING'))
    }
  })

  test('is refused where a grain is that of another place, or damaged', async () => {
    const first = 21 * 512
    for (const [at, words] of [
      [first, /marker is that of sector/],
      [first + 9, /marker says/],
      [first + 30, /decompress/],
    ] as const) {
      const image = streamVmdk(textDisk(), STREAM)
      image[at] = 0x77
      const { source } = await open(fromBytes(image))
      await assert.rejects(
        source.read(0, 4096),
        (error) => isAnnealError(error, 'VMDK_GRAIN_DAMAGED') && words.test(error.message),
      )
      assert.equal((await source.read(4096, 4096)).length, 4096)
    }
  })

  test('is refused where the checksum of a grain does not fit what is in it', async () => {
    // Stored, not packed: a changed byte still decompresses.
    const image = streamVmdk(textDisk(), { ...STREAM, level: 0 })
    image[21 * 512 + 12 + 100] = 0x77
    const { source } = await open(fromBytes(image))
    await assert.rejects(source.read(0, 4096), (error) => isAnnealError(error, 'VMDK_GRAIN_DAMAGED'))
  })
})

const FLAT_DESCRIPTOR = `# Disk DescriptorFile
version=1
encoding="windows-1252"
CID=fffffffe
parentCID=ffffffff
createType="twoGbMaxExtentFlat"

# Extent description
RW 4 FLAT "d\xe9-f001.vmdk" 0
RW 8 ZERO
RDONLY 2 FLAT "d\xe9-f002.vmdk" 3
`

function descriptor(text: string): ByteSource {
  return fromBytes(new Uint8Array(Buffer.from(text, 'latin1')), 'disk.vmdk')
}

describe('extents in files of their own', () => {
  const files: Readonly<Record<string, Uint8Array>> = {
    'd\xe9-f001.vmdk': new Uint8Array(2048).fill(1),
    'd\xe9-f002.vmdk': new Uint8Array(5 * 512).fill(2),
  }
  const openOther = async ({ name }: Readonly<{ name: string }>): Promise<ByteSource> => {
    const bytes = files[name]
    assert.ok(bytes !== undefined, name)
    return fromBytes(bytes, name)
  }

  test('are read one behind the other, with the zeros between them', async () => {
    const { source, variant } = await openVmdk(descriptor(FLAT_DESCRIPTOR), { decompress, openOther })
    assert.equal(variant, 'twoGbMaxExtentFlat')
    const bytes = await source.read(0, source.size)
    assert.deepEqual(
      Array.from(bytes.filter((_, at) => at % 512 === 0)),
      [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 2],
    )
    const kinds = await Array.fromAsync(extentsOf(source), ({ kind }) => kind)
    assert.deepEqual(kinds, ['data', 'zero', 'data'])
  })

  test('are refused by name where no directory was given', async () => {
    await assert.rejects(
      open(descriptor(FLAT_DESCRIPTOR)),
      (error) => isAnnealError(error, 'VMDK_EXTENT_REFUSED') && error.message.includes('d\xe9-f001.vmdk'),
    )
  })

  test('that are too short are refused', async () => {
    const text = FLAT_DESCRIPTOR.replace('vmdk" 3', 'vmdk" 4')
    await assert.rejects(openVmdk(descriptor(text), { decompress, openOther }), (error) =>
      isAnnealError(error, 'VMDK_EXTENT_SHORT'),
    )
  })

  test('that are sparse are read, and refused alone', async () => {
    const extent = new Uint8Array(await sparse.read(0, sparse.size))
    // Extents of a split disk have no descriptor.
    new DataView(extent.buffer).setBigUint64(28, 0n, true)
    await assert.rejects(open(fromBytes(extent)), (error) => isAnnealError(error, 'VMDK_DESCRIPTOR_MISSING'))
    const text = FLAT_DESCRIPTOR.replace(/^RW 4.*$/m, 'RW 12291 SPARSE "s001.vmdk"').replace(
      /^RDONLY.*\n/m,
      '',
    )
    const { source } = await openVmdk(descriptor(text), {
      decompress,
      openOther: async () => fromBytes(extent),
    })
    assert.equal(source.size, (12_291 + 8) * 512)
    const whole = (await open(sparse)).source
    assert.deepEqual(await source.read(3_100_000, 90_000), await whole.read(3_100_000, 90_000))
  })
})

describe('what is refused', () => {
  const HEADERS: Readonly<Record<string, readonly [string, RegExp, (view: DataView) => void]>> = {
    'version 4': ['VMDK_VERSION_UNSUPPORTED', /version 4/, (view) => view.setUint32(4, 4, true)],
    'a file that was sent as text': ['VMDK_CHANGED_AS_TEXT', /line ends/, (view) => view.setUint8(75, 10)],
    'grains of no power of two': [
      'VMDK_HEADER_INVALID',
      /grain size/,
      (view) => view.setUint32(20, 100, true),
    ],
    'grains of 8 GiB': ['VMDK_HEADER_INVALID', /grain size/, (view) => view.setUint32(20, 2 ** 24, true)],
    'grain tables without entries': ['VMDK_HEADER_INVALID', /entries/, (view) => view.setUint32(44, 0, true)],
    'a directory outside of the file': [
      'VMDK_HEADER_INVALID',
      /directory/,
      (view) => view.setUint32(56, 2 ** 30, true),
    ],
    'an unknown compression': ['VMDK_HEADER_INVALID', /compression/, (view) => view.setUint16(77, 2, true)],
    'a disk larger than any': [
      'DISK_SIZE_UNSUPPORTED',
      /8 PiB/,
      (view) => view.setUint32(16, 0x4000_0000, true),
    ],
    'a descriptor outside of the file': [
      'VMDK_DESCRIPTOR_INVALID',
      /outside/,
      (view) => view.setUint32(28, 2 ** 20, true),
    ],
    'a descriptor of 2 MiB': ['VMDK_DESCRIPTOR_INVALID', /claims/, (view) => view.setUint32(36, 4096, true)],
  }
  for (const [name, [code, words, change]] of Object.entries(HEADERS)) {
    test(`${name} is refused by name`, async () => {
      const image = fromBytes(await changed(sparse, (_, view) => change(view)))
      await assert.rejects(open(image), (error) => isAnnealError(error, code) && words.test(error.message))
    })
  }

  const DESCRIPTORS: Readonly<Record<string, readonly [string, RegExp, readonly [string | RegExp, string]]>> =
    {
      'a snapshot': [
        'VMDK_DIFFERENCING',
        /"base\.vmdk"/,
        ['parentCID=ffffffff', 'parentCID=00000001\nparentFileNameHint="base.vmdk"'],
      ],
      'a disk that is a device': [
        'VMDK_TYPE_UNSUPPORTED',
        /fullDevice/,
        ['twoGbMaxExtentFlat', 'fullDevice'],
      ],
      'a sparse disk of ESX': ['VMDK_TYPE_UNSUPPORTED', /seSparse/, ['twoGbMaxExtentFlat', 'seSparse']],
      'an extent of another type': ['VMDK_TYPE_UNSUPPORTED', /VMFSRDM/, [/FLAT "/, 'VMFSRDM "']],
      'an extent without access': ['VMDK_TYPE_UNSUPPORTED', /without access/, ['RW 4', 'NOACCESS 4']],
      'a descriptor without a type': ['VMDK_DESCRIPTOR_INVALID', /createType/, [/createType.*/, '']],
      'a descriptor without extents': ['VMDK_DESCRIPTOR_INVALID', /no extents/, [/^(RW|RDONLY).*$/gm, '']],
      'an extent larger than any': ['VMDK_DESCRIPTOR_INVALID', /sectors/, ['RW 4 ', 'RW 99999999999999999 ']],
      'too many extents': ['VMDK_DESCRIPTOR_INVALID', /more than/, [/$/, 'RW 1 ZERO\n'.repeat(3000)]],
    }
  for (const [name, [code, words, [from, to]]] of Object.entries(DESCRIPTORS)) {
    test(`${name} is refused by name`, async () => {
      const image = descriptor(FLAT_DESCRIPTOR.replace(from, to))
      await assert.rejects(open(image), (error) => isAnnealError(error, code) && words.test(error.message))
    })
  }

  test('a table or grain outside of the file is an error, and reported when it is opened', async () => {
    const half = fromBytes(await changed(sparse, (bytes) => bytes.subarray(0, 70_000)))
    const { source } = await open(half)
    await assert.rejects(source.read(3_145_728, 512), (error) => isAnnealError(error, 'VMDK_TABLE_INVALID'))
    const directory =
      Number(new DataView((await sparse.read(56, 8)).slice().buffer).getBigUint64(0, true)) * 512
    const image = fromBytes(await changed(sparse, (_, view) => view.setUint32(directory, 0xffff_0000, true)))
    const { warnings, source: disk } = await open(image)
    assert.deepEqual(
      warnings.map(({ code }) => code),
      ['VMDK_CUT_SHORT'],
    )
    await assert.rejects(disk.read(0, 512), (error) => isAnnealError(error, 'VMDK_TABLE_INVALID'))
  })
})

test('an image that was not closed is read with a warning', async () => {
  const image = fromBytes(await changed(sparse, (_, view) => view.setUint8(72, 1)))
  const { warnings } = await open(image)
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['VMDK_UNCLEAN'],
  )
})
