import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { loadFixtures } from '../../../test/fixtures/load-fixtures.ts'
import { counting, fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { recognise, refusalOf } from './index.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
type Said = Readonly<{ type: string; uuid: string; label: string }>
const SAID = JSON.parse(readFileSync(join(FIXTURES, 'expected.json'), 'utf8')) as Readonly<
  Record<string, Said>
>

/** Differences that are meant: the reader tells ext2 from ext4, and what FAT's label is. */
const OTHERWISE: Readonly<Record<string, Partial<Said>>> = { ext2: { type: 'ext4' }, fat32: { label: '' } }

const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))

/** 68 KiB of zeros, but for some bytes. */
function withBytes(
  ...places: readonly (readonly [offset: number, bytes: string | readonly number[]])[]
): ByteSource {
  const head = new Uint8Array(68 * 1024)
  for (const [offset, bytes] of places) {
    head.set(typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes, offset)
  }
  return fromBytes(head)
}

describe('recognising', () => {
  for (const [name, said] of Object.entries(SAID)) {
    test(`${name} is what blkid says: ${said.type === '' ? 'nothing' : said.type}`, async () => {
      const found = await recognise(await load(name))
      const { type = '', uuid = '', label = '' } = found ?? {}
      assert.deepEqual({ type, uuid, label }, { ...said, ...OTHERWISE[name] })
      assert.deepEqual(found?.also ?? [], [])
    })
  }

  test('a squashfs that was streamed and not fixed is a squashfs', async () => {
    const bytes = new Uint8Array(8192)
    bytes.set(new TextEncoder().encode('HSQS'))
    assert.equal((await recognise(fromBytes(bytes)))?.type, 'squashfs')
  })

  for (const [format, type] of Object.entries({
    mbr: 'dos',
    gpt: 'gpt',
    lvm2: 'LVM2_member',
    ext4: 'ext4',
    erofs: 'erofs',
    squashfs: 'squashfs',
  })) {
    test(`every fixture of ${format} is recognised as ${type}`, async () => {
      const sources = await loadFixtures(format)
      assert.ok(sources.length > 0)
      for (const source of sources) {
        // With nothing left but the backup, only who reads the end of the disk finds it.
        if (source.name.includes('primary-wiped')) continue
        const found = await recognise(source)
        assert.equal(found?.type, type, source.name)
        assert.equal(found.isRead, true)
      }
    })
  }

  for (const [type, source] of [
    ['zfs_member', withBytes([16_384, [1, 1, 0, 0]], [16_384 + 24, 'version'])],
    [
      'bcachefs',
      withBytes([
        4120,
        [0xc6, 0x85, 0x73, 0xf6, 0x66, 0xce, 0x90, 0xa9, 0xd9, 0x6a, 0x60, 0xcf, 0x80, 0x3d, 0xf7, 0xef],
      ]),
    ],
    [
      'bcache',
      withBytes([
        4120,
        [0xc6, 0x85, 0x73, 0xf6, 0x4e, 0x1a, 0x45, 0xca, 0x82, 0x65, 0xf5, 0x7f, 0x48, 0xba, 0x6d, 0x81],
      ]),
    ],
    ['udf', withBytes([32_769, 'BEA01'])],
    ['ntfs', withBytes([3, 'NTFS    '])],
    ['vdo', withBytes([0, 'dmvdo001'])],
  ] as const) {
    test(`${type} has a name, and is not read`, async () => {
      const found = await recognise(source)
      assert.equal(found?.type, type)
      assert.equal(found.isRead, false)
      assert.match(refusalOf(source, found).message, new RegExp(type))
    })
  }

  test('one read of 68 KiB, and little more at the end and further in', async () => {
    for (const size of [0, 1, 511, 512, 4096, 69_632, 10_000_000]) {
      const { source, count } = counting(fromBytes(new Uint8Array(size)))
      assert.equal(await recognise(source), undefined)
      assert.ok(count.reads <= 20)
      assert.ok(count.bytes <= 77 * 1024)
    }
  })

  test('a table before a file system whose superblock was left behind, which is named', async () => {
    const table = await loadImage(join(import.meta.dirname, '../mbr/fixtures/primary.img.zst'))
    const found = await recognise(patched(table, [{ offsetBytes: 1080, bytes: Uint8Array.of(0x53, 0xef) }]))
    assert.equal(found?.type, 'dos')
    assert.deepEqual(found.also, ['ext4'])
  })

  test('a FAT before the table that its boot sector could be taken for', async () => {
    const fat = await load('fat12')
    const entry = new Uint8Array(64)
    entry.set([0x80, 0, 0, 0, 0x83, 0, 0, 0, 1, 0, 0, 0, 9, 0, 0, 0])
    const found = await recognise(patched(fat, [{ offsetBytes: 446, bytes: entry }]))
    assert.equal(found?.type, 'vfat')
    assert.deepEqual(found.also, ['dos'])
  })

  test('encryption around a file system before what was there before', async () => {
    const found = await recognise(
      patched(await load('ext2'), [
        { offsetBytes: 0, bytes: (await (await load('luks2')).read(0, 512)).slice() },
      ]),
    )
    assert.equal(found?.type, 'crypto_LUKS')
    assert.deepEqual(found.also, ['ext4'])
    assert.equal(refusalOf(await load('luks2'), found).code, 'FORMAT_ENCRYPTED')
  })

  test('nothing that is known', async () => {
    const source = fromBytes(new Uint8Array(8192))
    assert.equal(refusalOf(source, await recognise(source)).code, 'FORMAT_UNKNOWN')
  })
})
