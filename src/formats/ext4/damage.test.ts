import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { ownedBlocks, resealExt4 } from '../../../test/fixtures/reseal-ext4.ts'
import type { Owned } from '../../../test/fixtures/reseal-ext4.ts'
import { fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { findPath, walkPath } from '../filesystem/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { openExt4 } from './index.ts'
import { DESCRIPTOR, DESCRIPTOR_HIGH } from './group-descriptors.ts'
import { INODE } from './inode.ts'
import { SUPERBLOCK, SUPERBLOCK_OFFSET } from './superblock.ts'

const BLOCK = 1024

/** A fixture that can be changed. */
class Image {
  readonly bytes: Uint8Array
  readonly owned: readonly Owned[]

  constructor(bytes: Uint8Array, owned: readonly Owned[]) {
    this.bytes = bytes
    this.owned = owned
  }

  get source(): ByteSource {
    return fromBytes(this.bytes, 'image')
  }

  open(): Promise<FileSystem> {
    return openExt4(this.source)
  }

  u32(offset: number): number {
    return new DataView(this.bytes.buffer).getUint32(offset, true)
  }

  /** Sets four bytes; `sealed` makes all checksums right again. */
  set(offset: number, value: number, how: 'sealed' | 'unsealed'): void {
    new DataView(this.bytes.buffer).setUint32(offset, value, true)
    if (how === 'unsealed') return
    const { bytes } = this
    const image = {
      size: bytes.length,
      get: (at: number, length: number) => bytes.subarray(at, at + length),
      set: (at: number, some: Uint8Array) => bytes.set(some, at),
    }
    resealExt4(image, [offset - (offset % 512)])
  }

  setSuperblock(field: keyof typeof SUPERBLOCK.fields, change: (value: number) => number): void {
    const offset = SUPERBLOCK_OFFSET + SUPERBLOCK.fields[field].offsetBytes
    this.set(offset, change(this.u32(offset)), 'sealed')
  }

  async ownedBy(path: string): Promise<Owned> {
    const { id } = await walkPath(await this.open(), path, { lastLink: 'keep' })
    return this.owned.find(({ inode }) => inode.number === Number(id)) ?? assert.fail(`${path} has no inode`)
  }
}

async function load(name: string): Promise<Image> {
  const source = await loadImage(new URL(`fixtures/${name}.img.zst`, import.meta.url).pathname)
  const bytes = (await source.read(0, source.size)).slice()
  return new Image(bytes, await ownedBlocks(source))
}

async function namesIn(fs: FileSystem, path: string): Promise<string[]> {
  const { id } = await walkPath(fs, path, { lastLink: 'keep' })
  const names: string[] = []
  for await (const { name } of fs.list(id)) names.push(name)
  return names
}

async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

const mismatch = { code: 'EXT4_CHECKSUM_MISMATCH' }

suite('a checksum that does not fit is refused', () => {
  test('in the superblock', async () => {
    const image = await load('default')
    image.set(SUPERBLOCK_OFFSET + SUPERBLOCK.fields.label.offsetBytes, 0x41_41_41_41, 'unsealed')
    await assert.rejects(image.open(), mismatch)
  })

  for (const name of ['default', 'uninit']) {
    test(`in a group descriptor (${name})`, async () => {
      const image = await load(name)
      image.set(2 * BLOCK + 0x14, 0, 'unsealed')
      image.set(2 * BLOCK + 0xc, 77, 'unsealed')
      const fs = await image.open()
      await assert.rejects(fs.stat(fs.root), mismatch)
    })
  }

  test('in an inode', async () => {
    const image = await load('default')
    const { inode } = await image.ownedBy('/etc')
    image.set(inode.offsetBytes + INODE.modified, 1, 'unsealed')
    const fs = await image.open()
    await assert.rejects(fs.stat(BigInt(inode.number)), mismatch)
  })

  test('in a leaf and in the index of a directory', async () => {
    for (const block of [0, 3]) {
      const image = await load('default')
      const { blocks } = await image.ownedBy('/many')
      // The second entry of the index, or the first name of a leaf.
      const offset = (blocks[block] ?? 0) * BLOCK + (block === 0 ? 0x28 : 8)
      image.set(offset, image.u32(offset) ^ 1, 'unsealed')
      await assert.rejects(namesIn(await image.open(), '/many'), mismatch)
    }
  })

  test('in a node of extents', async () => {
    const image = await load('deep')
    const { blocks, inode } = await image.ownedBy('/comb')
    image.set((blocks.at(-1) ?? 0) * BLOCK + 20, 5000, 'unsealed')
    const fs = await image.open()
    await assert.rejects(fs.open(BigInt(inode.number)), mismatch)
  })
})

test('a block bitmap that does not fit its checksum leaves its group in use, with a warning', async () => {
  const image = await load('default')
  const bitmap = image.u32(2 * BLOCK)
  image.set(bitmap * BLOCK + 1000, 0x0f_0f_0f_0f, 'unsealed')
  const fs = await image.open()
  const kinds: string[] = []
  for await (const { kind } of fs.allocation()) kinds.push(kind)
  assert.deepEqual(kinds, ['data'])
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['EXT4_BITMAP_UNTRUSTED'],
  )
})

suite('an inode table of which not everything agrees that its end was never used is in use', () => {
  /** Of the only group of `default`, and of the third of `uninit`, which says that its inode bitmap was never written. */
  const DESCRIPTOR_OF = { default: 2 * BLOCK, uninit: 2 * BLOCK + 2 * 32 } as const
  const low = (field: keyof typeof DESCRIPTOR.fields): number => DESCRIPTOR.fields[field].offsetBytes
  const zeroBlocks = async (image: Image): Promise<ReadonlySet<number>> => {
    const found = new Set<number>()
    for await (const { offsetBytes, lengthBytes, kind } of (await image.open()).allocation()) {
      if (kind !== 'zero') continue
      for (let at = offsetBytes; at < offsetBytes + lengthBytes; at += BLOCK) found.add(at / BLOCK)
    }
    return found
  }
  /** Whether the last block of the table is taken for zeros. */
  const isLeftOut = async (image: Image, name: keyof typeof DESCRIPTOR_OF): Promise<boolean> => {
    const table = image.u32(DESCRIPTOR_OF[name] + low('inodeTableLow'))
    return (await zeroBlocks(image)).has(table + (name === 'default' ? 99 : 3))
  }
  const setShort = (image: Image, name: keyof typeof DESCRIPTOR_OF, offset: number, value: number): void => {
    const at = DESCRIPTOR_OF[name] + offset
    new DataView(image.bytes.buffer).setUint16(at, value, true)
    const aligned = at - (at % 4)
    image.set(aligned, image.u32(aligned), 'sealed')
  }

  for (const name of ['default', 'uninit'] as const) {
    test(`${name}: unharmed, it is left out`, async () => {
      assert.equal(await isLeftOut(await load(name), name), true)
    })

    test(`${name}: more free inodes than the count says`, async () => {
      const image = await load(name)
      const free = image.u32(DESCRIPTOR_OF[name] + low('freeClustersLow')) >>> 16
      setShort(image, name, low('freeInodesLow'), free - 1)
      assert.equal(await isLeftOut(image, name), false)
    })

    test(`${name}: more unused inodes than there are`, async () => {
      const image = await load(name)
      setShort(image, name, low('unusedInodesLow'), 60_000)
      assert.equal(await isLeftOut(image, name), false)
    })
  }

  test('an inode in use after the last that the group counts', async () => {
    const image = await load('default')
    // 330 of 400 inodes are in use.
    setShort(image, 'default', low('unusedInodesLow'), 69)
    assert.equal(await isLeftOut(image, 'default'), true)
    const harmed = await load('default')
    setShort(harmed, 'default', low('unusedInodesLow'), 71)
    setShort(harmed, 'default', low('freeInodesLow'), 71)
    assert.equal(await isLeftOut(harmed, 'default'), false)
  })

  test('an inode bitmap that does not fit its checksum', async () => {
    const image = await load('default')
    setShort(image, 'default', low('inodeBitmapChecksumLow'), 1)
    assert.equal(await isLeftOut(image, 'default'), false)
    const high = await load('default')
    setShort(high, 'default', DESCRIPTOR_HIGH.fields.inodeBitmapChecksumHigh.offsetBytes, 1)
    assert.equal(await isLeftOut(high, 'default'), false)
  })

  test('a group whose inode bitmap was never written, and that counts an inode', async () => {
    const image = await load('uninit')
    setShort(image, 'uninit', low('unusedInodesLow'), 15)
    assert.equal(await isLeftOut(image, 'uninit'), false)
  })

  test('counts without the feature that keeps them up', async () => {
    const image = await load('no-filetype')
    image.set(2 * BLOCK + 0x1c, 0xffff_0000 | 100, 'unsealed')
    image.set(2 * BLOCK + 0x10, image.u32(2 * BLOCK + 0x10) | 0x0005_0000, 'unsealed')
    // The log of its journal alone.
    assert.deepEqual(await zeroBlocks(image), await zeroBlocks(await load('no-filetype')))
  })

  test('a table that another group says to use', async () => {
    const image = await load('uninit')
    const second = image.u32(DESCRIPTOR_OF.uninit + low('inodeTableLow'))
    // The inode bitmap of the first group, which was written.
    image.set(2 * BLOCK + low('inodeBitmapLow'), second + 1, 'sealed')
    const zeros = await zeroBlocks(image)
    assert.deepEqual(
      [0, 1, 2, 3].map((block) => zeros.has(second + block)),
      [true, false, true, true],
    )
  })
})

suite('what the reader does not know is refused by name', () => {
  for (const { bit, name } of [
    { bit: 0x1, name: 'compression' },
    { bit: 0x1000, name: 'dirdata' },
    { bit: 0x4000_0000, name: 'FEATURE_I30' },
  ]) {
    test(name, async () => {
      const image = await load('default')
      image.setSuperblock('incompatible', (value) => value | bit)
      await assert.rejects(image.open(), { code: 'EXT4_FEATURE_UNSUPPORTED', message: new RegExp(name) })
    })
  }

  test('a journal device', async () => {
    const image = await load('default')
    image.setSuperblock('incompatible', (value) => value | 0x8)
    await assert.rejects(image.open(), { code: 'EXT4_JOURNAL_DEVICE' })
  })

  test('a revision of the future', async () => {
    const image = await load('default')
    image.setSuperblock('revision', () => 2)
    await assert.rejects(image.open(), { code: 'EXT4_REVISION_UNKNOWN' })
  })

  test('an encrypted directory, whose neighbours are read', async () => {
    const image = await load('default')
    const { inode } = await image.ownedBy('/etc')
    const offset = inode.offsetBytes + INODE.flags
    image.set(offset, image.u32(offset) | 0x800, 'sealed')
    const fs = await image.open()
    await assert.rejects(namesIn(fs, '/etc'), { code: 'EXT4_ENCRYPTED' })
    assert.equal((await namesIn(fs, '/many')).length, 300)
  })
})

suite('a file system that was not put to rest', () => {
  for (const { field, change, code } of [
    { field: 'incompatible', change: (value: number) => value | 4, code: 'EXT4_NEEDS_RECOVERY' },
    { field: 'state', change: (value: number) => (value & ~0xffff) | 0, code: 'EXT4_NOT_UNMOUNTED' },
    { field: 'state', change: (value: number) => value | 2, code: 'EXT4_ERRORS_RECORDED' },
  ] as const) {
    test(`is read with ${code}, and all of it is in use`, async () => {
      const image = await load('default')
      image.setSuperblock(field, change)
      const fs = await image.open()
      assert.deepEqual(
        fs.warnings.map((warning) => warning.code),
        [code],
      )
      assert.equal(fs.facts.clean, false)
      const extents = await allOf(fs.allocation())
      assert.deepEqual(extents, [{ offsetBytes: 0, lengthBytes: image.bytes.length, kind: 'data' }])
      assert.equal((await namesIn(fs, '/many')).length, 300)
    })
  }
})

suite('hostile numbers', () => {
  test('an index node of extents that leads to itself is refused', async () => {
    const image = await load('deep')
    const { blocks, inode } = await image.ownedBy('/comb')
    const [first = 0] = blocks
    image.set(first * BLOCK + 12 + 12 + 4, first, 'sealed')
    const fs = await image.open()
    await assert.rejects(fs.open(BigInt(inode.number)), { code: 'EXT4_MAPPING_DAMAGED' })
  })

  test('an extent behind the end of the file system is refused', async () => {
    const image = await load('default')
    const { inode } = await image.ownedBy('/blocks')
    image.set(inode.offsetBytes + INODE.block + 12 + 8, 0x7f_ff_ff_ff, 'sealed')
    const fs = await image.open()
    await assert.rejects(fs.open(BigInt(inode.number)), { code: 'EXT4_MAPPING_DAMAGED' })
  })

  test('an indirect block that leads to itself is refused', async () => {
    const image = await load('indirect')
    const { inode } = await image.ownedBy('/triple')
    const triple = image.u32(inode.offsetBytes + INODE.block + 14 * 4)
    image.set(triple * BLOCK, triple, 'sealed')
    const fs = await image.open()
    await assert.rejects(fs.open(BigInt(inode.number)), { code: 'EXT4_MAPPING_DAMAGED' })
  })

  test('a file system larger than its source is refused', async () => {
    const image = await load('default')
    const cut = fromBytes(image.bytes.subarray(0, image.bytes.length - BLOCK))
    await assert.rejects(openExt4(cut), { code: 'EXT4_CUT_SHORT' })
  })

  test('a name with a slash is refused', async () => {
    const image = await load('default')
    const { blocks } = await image.ownedBy('/etc')
    const at = (blocks[0] ?? 0) * BLOCK + 24 + 8
    image.set(at, 0x2f_2e_2e_2f, 'sealed')
    await assert.rejects(namesIn(await image.open(), '/etc'), { code: 'EXT4_DIRECTORY_DAMAGED' })
  })

  test('an inode that does not exist is refused', async () => {
    const fs = await (await load('default')).open()
    await assert.rejects(fs.stat(0n), { code: 'EXT4_NO_SUCH_INODE' })
    await assert.rejects(fs.stat(1n << 60n), { code: 'EXT4_NO_SUCH_INODE' })
  })
})

test('a name is found without the index where the index cannot be used', async () => {
  for (const { name, offset, value } of [
    // The version of a hash that nobody knows: 9, beside the size of the root's own fields.
    { name: 'default', offset: 0x1c, value: 0x08_09 },
    // The reserved word; here no checksum says that the block is damaged.
    { name: 'no-filetype', offset: 0x18, value: 1 },
  ]) {
    const image = await load(name)
    const { blocks } = await image.ownedBy('/many')
    image.set((blocks[0] ?? 0) * BLOCK + offset, value, 'sealed')
    const fs = await image.open()
    assert.equal((await findPath(fs, '/many/file-number-99', { lastLink: 'keep' }))?.kind, 'file', name)
    assert.equal(await findPath(fs, '/many/absent', { lastLink: 'keep' }), undefined, name)
  }
})

test('an inode of another kind than requested is refused', async () => {
  const fs = await (await load('default')).open()
  const file = (await walkPath(fs, '/blocks', { lastLink: 'keep' })).id
  await assert.rejects(allOf(fs.list(file)), { code: 'EXT4_NOT_A_DIRECTORY' })
  await assert.rejects(fs.open(fs.root), { code: 'EXT4_NOT_A_FILE' })
  await assert.rejects(fs.readLink(file), { code: 'EXT4_NOT_A_SYMLINK' })
})

test('the immutable flag and the number of a device are reported', async () => {
  const fs = await (await load('default')).open()
  const stat = async (path: string) => fs.stat((await walkPath(fs, path, { lastLink: 'keep' })).id)
  assert.equal((await stat('/fixed')).immutable, true)
  assert.equal((await stat('/blocks')).immutable, false)
  assert.deepEqual((await stat('/null')).device, { major: 1, minor: 3 })
})
