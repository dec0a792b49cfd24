import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { fromBytes } from '../../bytes/index.ts'
import { findPath } from '../filesystem/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { changed } from '../../../test/fixtures/virtual-disks.ts'
import { openIso9660 } from './index.ts'
import { readRockRidge } from './rock-ridge.ts'

const load = (name: string) => loadImage(new URL(`./fixtures/${name}.iso.zst`, import.meta.url).pathname)
const open = async (name: string): Promise<FileSystem> => openIso9660(await load(name))

const NUMBERS = Array.from({ length: 3000 }, (_, index) => `${index + 1}\n`).join('')
const DEEP = '/a/b/c/d/e/f/g/h/i/j/file'

/** A path and what it leads to; of a file its size. */
async function shape(fs: FileSystem): Promise<Readonly<Record<string, string | number>>> {
  const tree = await treeOf(fs)
  return Object.fromEntries(tree.map(({ path, kind, size, target }) => [path, target ?? size ?? kind]))
}

for (const name of ['rock-ridge', 'moved']) {
  test(`${name}: names, links and deep directories are those of Rock Ridge`, async () => {
    const found = await shape(await open(name))
    assert.equal(found[DEEP], 5)
    assert.ok(!Object.keys(found).some((path) => path.startsWith('/rr_moved/')))
    assert.equal(found['/with spaces and ä'], 'directory')
    assert.equal(found[`/${'long'.repeat(60)}`], 4)
    assert.equal(found['/a/link'], '../numbers.txt')
    assert.equal(found['/empty'], 0)
    // genisoimage loses what of a link does not fit into the first of its entries.
    if (name === 'rock-ridge') {
      assert.equal(found['/long-link'], `${'x'.repeat(200)}/${'y'.repeat(150)}/../z`)
    }
  })

  test(`${name}: modes, times, counts of links and contents`, async () => {
    const tree = await treeOf(await open(name))
    const of = (path: string) => tree.find((one) => one.path === path)
    assert.deepEqual([of('/empty')?.mode, of('/a')?.mode], ['4755', '0755'])
    assert.deepEqual([of('/empty')?.mtime, of('/numbers.txt')?.mtime], [1_600_000_000, 1_600_000_000])
    assert.equal(of('/numbers.txt')?.sha256, createHash('sha256').update(NUMBERS).digest('hex'))
    assert.equal(of('/same')?.sha256, of('/numbers.txt')?.sha256)
  })
}

test('a link goes on in another entry, and in the middle of a name', async () => {
  const link = (more: number, ...parts: readonly (readonly [number, string])[]): number[] => {
    const components = parts.flatMap(([flags, text]) => [flags, text.length, ...Buffer.from(text)])
    return [...Buffer.from('SL'), 5 + components.length, 1, more, ...components]
  }
  const area = Uint8Array.from([
    ...link(1, [8, ''], [0, 'usr'], [1, 'sh']),
    ...link(0, [0, 'are'], [4, ''], [0, 'x']),
  ])
  const place = { offsetBytes: 0, skipBytes: 0, blockBytes: 2048 }
  const { linkBytes } = await readRockRidge(fromBytes(area), area, place)
  assert.equal(new TextDecoder().decode(linkBytes), '/usr/share/../x')
})

test('without Rock Ridge, names are those of Joliet', async () => {
  const fs = await open('joliet')
  const found = await shape(fs)
  assert.equal(found['/with spaces and ä'], 'directory')
  assert.equal(found['/UPPER/File.Name'], 2)
  assert.deepEqual(fs.facts.features, ['joliet'])
})

test('with neither, names are shown in lower case and without version', async () => {
  const found = await shape(await open('plain'))
  assert.equal(found['/numbers.txt'], NUMBERS.length)
  assert.equal(found['/upper/file.nam'], 2)
})

test('a disc says what blkid says of it', async () => {
  const { facts, warnings } = await open('installer')
  assert.deepEqual([facts.label, facts.blockSizeBytes, warnings], ['INSTALLER', 2048, []])
  assert.match(facts.uuid, /^2023-11-14-22-13-20-00$/)
  assert.deepEqual(facts.features, ['rock-ridge', 'el-torito'])
})

test('a disc lists its boot images with their firmware, and a FAT among them with its own length', async () => {
  const { bootImages } = await open('installer')
  assert.deepEqual(
    bootImages?.map(({ platform, bootable, emulation, lengthBytes }) => [
      platform,
      bootable,
      emulation,
      lengthBytes,
    ]),
    [
      ['bios', true, 'none', 2048],
      ['uefi', true, 'none', 320 * 1024],
    ],
  )
})

test('a file of several sections is one', async () => {
  // /near.kernel and the record behind it, as two sections of one file.
  const image = await load('plain')
  const bytes = new Uint8Array(await image.read(0, image.size))
  const records = recordsNamed(bytes, ['EMPTY.;1', 'NUMBERS.TXT;1'])
  const [first = 0, second = 0] = records
  assert.ok(first > 0 && second === first + (bytes[first] ?? 0), `${first} ${second}`)
  bytes[first + 25] = 0x80
  const fs = await openIso9660(fromBytes(bytes))
  const found = await findPath(fs, '/empty', { lastLink: 'keep' })
  assert.ok(found !== undefined)
  assert.equal((await fs.stat(found.id)).sizeBytes, NUMBERS.length)
  const source = await fs.open(found.id)
  assert.equal(new TextDecoder().decode(await source.read(0, source.size)), NUMBERS)
  assert.equal(await findPath(fs, '/numbers.txt', { lastLink: 'keep' }), undefined)
})

/** Where the directory records with these identifiers begin. */
function recordsNamed(bytes: Uint8Array, names: readonly string[]): readonly number[] {
  return names.map((name) => Buffer.from(bytes).indexOf(Buffer.from(name)) - 33)
}

async function withPlain(
  change: (bytes: Uint8Array, view: DataView, record: number) => void,
): Promise<FileSystem> {
  const image = await load('plain')
  const bytes = await changed(image, (all, view) =>
    change(all, view, recordsNamed(all, ['NUMBERS.TXT;1'])[0] ?? 0),
  )
  return openIso9660(fromBytes(bytes))
}

async function readNumbers(fs: FileSystem): Promise<void> {
  const found = await findPath(fs, '/numbers.txt', { lastLink: 'keep' })
  assert.ok(found !== undefined)
  const source = await fs.open(found.id)
  await source.read(0, source.size)
}

describe('what is refused', () => {
  test('an interleaved file', async () => {
    const fs = await withPlain((bytes, _, record) => void (bytes[record + 26] = 1))
    await assert.rejects(readNumbers(fs), (error) => isAnnealError(error, 'ISO9660_INTERLEAVED'))
  })

  test('a file behind the end of the image', async () => {
    const fs = await withPlain((_, view, record) => view.setUint32(record + 2, 0x00ff_ffff, true))
    await assert.rejects(readNumbers(fs), (error) => isAnnealError(error, 'ISO9660_CUT_SHORT'))
  })

  test('a record that is shorter than its name', async () => {
    const fs = await withPlain((bytes, _, record) => void (bytes[record + 32] = 200))
    await assert.rejects(treeOf(fs), (error) => isAnnealError(error, 'ISO9660_DAMAGED'))
  })

  test('a logical block of another size, and a disc without a primary volume descriptor', async () => {
    await assert.rejects(
      withPlain((_, view) => view.setUint16(32_768 + 128, 4096, true)),
      (error) => isAnnealError(error, 'ISO9660_DAMAGED'),
    )
    await assert.rejects(
      withPlain((bytes) => void (bytes[32_768] = 2)),
      (error) => isAnnealError(error, 'ISO9660_DAMAGED'),
    )
  })

  test('a file that zisofs compressed, with its name', async () => {
    // A TF entry in place of which a ZF stands: both have the same length.
    const image = await load('rock-ridge')
    const bytes = new Uint8Array(await image.read(0, image.size))
    const name = Buffer.from(bytes).indexOf(Buffer.from('numbers.txt'))
    const record = Buffer.from(bytes).lastIndexOf(Buffer.from('PX'), name)
    bytes.set(Buffer.from('ZF'), Buffer.from(bytes).indexOf(Buffer.from('TF'), record))
    const fs = await openIso9660(fromBytes(bytes))
    await assert.rejects(readNumbers(fs), (error) => isAnnealError(error, 'ISO9660_COMPRESSED'))
  })
})

test('a number with two values in its two byte orders is a warning, and the little-endian one counts', async () => {
  const fs = await withPlain((_, view) => view.setUint32(32_768 + 84, 1))
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['ISO9660_ENDIANS_DIFFER'],
  )
  await readNumbers(fs)
})

test('a disc that is not whole is read as far as it goes, and reported', async () => {
  const image = await load('installer')
  const cut = fromBytes(await changed(image, (bytes) => bytes.subarray(0, bytes.length - 200 * 1024)))
  const { warnings } = await openIso9660(cut)
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['ISO9660_TRUNCATED'],
  )
})
