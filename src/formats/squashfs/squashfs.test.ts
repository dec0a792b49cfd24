import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { xattrsOf } from '../../../test/fixtures/xattrs.ts'
import { unpack } from '../../adapters/codec/index.ts'
import { fromBytes, patched, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { findPath, planContentChange, walkPath } from '../filesystem/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { openSquashfs } from './index.ts'

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)
const image = (name: string): Promise<ByteSource> => loadImage(fixture(`${name}.img.zst`))
const open = (source: ByteSource): Promise<FileSystem> => openSquashfs(source, { algorithms: { unpack } })
const idOf = async (fs: FileSystem, path: string): Promise<bigint> =>
  (await walkPath(fs, path, { lastLink: 'keep' })).id

for (const name of ['gzip', 'xz', 'lzo', 'lz4', 'zstd', 'lzma', 'plain']) {
  suite(`the squashfs fixture ${name}`, () => {
    test('holds the tree that the kernel sees', async () => {
      const fs = await open(await image(name))
      assert.deepEqual(await treeOf(fs), JSON.parse(readFileSync(fixture('tree.json'), 'utf8')))
    })

    test('has the extended attributes that the kernel shows', async () => {
      const fs = await open(await image(name))
      assert.deepEqual(await xattrsOf(fs), readFileSync(fixture('tree.xattrs'), 'utf8').trim().split('\n'))
    })

    test('says where what is not compressed lies, and what is a hole', async () => {
      const source = await image(name)
      const fs = await open(source)
      const id = await idOf(fs, '/files/hole')
      const content = await fs.open(id)
      const bytes = new Uint8Array(await content.read(0, content.size))
      for await (const { kind, fileOffsetBytes, lengthBytes, sourceOffsetBytes } of fs.ranges(id)) {
        if (kind === 'data' && sourceOffsetBytes !== undefined) {
          const there = await source.read(sourceOffsetBytes, lengthBytes)
          assert.deepEqual(bytes.slice(fileOffsetBytes, fileOffsetBytes + lengthBytes), new Uint8Array(there))
        }
        bytes.fill(0, fileOffsetBytes, fileOffsetBytes + lengthBytes)
      }
      assert.ok(bytes.every((byte) => byte === 0))
      let zeros = 0
      for await (const { kind, lengthBytes } of content.extents?.(0, content.size) ?? []) {
        if (kind === 'zero') zeros += lengthBytes
      }
      assert.ok(zeros >= 2_900_000, `${zeros}`)
    })
  })
}

for (const name of ['gzip', 'plain']) {
  test(`each name in ${name} is found, and none that is not there`, async () => {
    const fs = await open(await image(name))
    for (const { path, kind } of await treeOf(fs)) {
      if (path.includes('\uFFFD')) continue
      const found = await findPath(fs, path, { lastLink: 'keep' })
      assert.equal(found?.kind, kind, path)
      assert.equal(await findPath(fs, `${path}?`, { lastLink: 'keep' }), undefined)
    }
  })
}

test('a squashfs tells its compressor, and that it is clean and full', async () => {
  const { facts } = await open(await image('lz4'))
  assert.equal(facts.type, 'squashfs')
  assert.equal(facts.blockSizeBytes, 16_384)
  assert.deepEqual([facts.clean, facts.freeBytes], [true, 0])
  assert.deepEqual(facts.features.slice(0, 2), ['lz4', 'fragments'])
})

test('a read may begin and end anywhere', async () => {
  const fs = await open(await image('zstd'))
  const content = await fs.open(await idOf(fs, '/files/blocks'))
  const all = new Uint8Array(await content.read(0, content.size))
  for (const [offset, length] of [
    [0, 0],
    [1, 4094],
    [4095, 2],
    [5000, 20_000],
    [content.size - 3, 3],
  ] as const) {
    const part = new Uint8Array(await content.read(offset, length))
    assert.deepEqual(part, all.subarray(offset, offset + length))
  }
})

const REFUSED = [
  ['another format', 0, [0x68, 0x73, 0x71, 0x74], 'SQUASHFS_BAD_MAGIC'],
  ['version 3', 28, [3, 0], 'SQUASHFS_UNSUPPORTED_VERSION'],
  ['a big-endian one', 0, [0x73, 0x71, 0x73, 0x68], 'SQUASHFS_UNSUPPORTED_VERSION'],
  ['a stream that was not fixed', 0, [0x48, 0x53, 0x51, 0x53, 0, 0], 'SQUASHFS_STREAM_UNFIXED'],
  ['an unknown compressor', 20, [9, 0], 'SQUASHFS_UNSUPPORTED_COMPRESSOR'],
  ['blocks of 2 MiB', 12, [0, 0, 0x20, 0], 'SQUASHFS_BAD_FIELD'],
  ['more bytes than there are', 40, [0, 0, 0, 1, 0, 0, 0, 0], 'SQUASHFS_CUT_SHORT'],
  ['a table of inodes outside', 64, [0, 0, 0, 1, 0, 0, 0, 0], 'SQUASHFS_BAD_FIELD'],
  ['no table of ids', 26, [0, 0], 'SQUASHFS_BAD_FIELD'],
] as const

for (const [what, offsetBytes, bytes, code] of REFUSED) {
  test(`${what} is refused by name`, async () => {
    const source = patched(await image('gzip'), [{ offsetBytes, bytes: Uint8Array.from(bytes) }])
    await assert.rejects(open(source), (error) => isAnnealError(error, code))
  })
}

test('a truncated image is refused', async () => {
  const source = await image('gzip')
  for (const size of [0, 95, 96, source.size - 4096]) {
    await assert.rejects(open(windowOf(source, 0, size, 'short')), (error) =>
      isAnnealError(error, 'SQUASHFS_CUT_SHORT'),
    )
  }
})

test('a block that does not decompress is refused with its place', async () => {
  const source = await image('gzip')
  const broken = await open(patched(source, [{ offsetBytes: 96, bytes: new Uint8Array(64).fill(0x55) }]))
  await assert.rejects(treeOf(broken), (error) => isAnnealError(error, 'SQUASHFS_BAD_BLOCK'))
})

test('a reference to an inode outside of the table is refused', async () => {
  const fs = await open(await image('plain'))
  await assert.rejects(fs.stat(0xffff_ffff_0000n), (error) => isAnnealError(error, 'SQUASHFS_BAD_FIELD'))
  await assert.rejects(fs.stat(1n << 60n), (error) => isAnnealError(error, 'VALUE_TOO_LARGE'))
})

test('each kind of node refuses what only another can do', async () => {
  const fs = await open(await image('gzip'))
  const file = await idOf(fs, '/files/motd')
  await assert.rejects(fs.lookup(file, 'x'), (error) => isAnnealError(error, 'SQUASHFS_NOT_A_DIRECTORY'))
  await assert.rejects(fs.readLink(file), (error) => isAnnealError(error, 'SQUASHFS_NOT_A_SYMLINK'))
  await assert.rejects(fs.open(fs.root), (error) => isAnnealError(error, 'SQUASHFS_NOT_A_FILE'))
  await assert.rejects(open(fromBytes(new Uint8Array(200))), (error) =>
    isAnnealError(error, 'SQUASHFS_BAD_MAGIC'),
  )
})

test('a file that claims more blocks than its inode has is refused, and not read into memory', async () => {
  const source = await image('plain')
  const fs = await open(source)
  const id = await idOf(fs, '/files/hole')
  const { inodeTable } = {
    inodeTable: Number(new DataView((await source.read(64, 8)).slice().buffer).getBigUint64(0, true)),
  }
  const at = inodeTable + Number(id >> 16n) + 2 + Number(id & 0xffffn)
  for (const [size, code] of [
    [1n << 36n, 'SQUASHFS_BAD_FIELD'],
    [1n << 52n, 'SQUASHFS_TOO_MANY_BLOCKS'],
  ] as const) {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigUint64(0, size, true)
    const broken = await open(patched(source, [{ offsetBytes: at + 24, bytes }]))
    await assert.rejects(broken.open(id), (error) => isAnnealError(error, code))
  }
})

test('its files are never edited', async () => {
  const fs = await open(await image('plain'))
  const id = await idOf(fs, '/files/blocks')
  const before = new Uint8Array(await (await fs.open(id)).read(0, (await fs.stat(id)).sizeBytes))
  const after = before.slice().fill(0x61, 0, 5)
  assert.deepEqual(await planContentChange(fs, id, before, after), { refusal: 'squashfs can only be read' })
})
