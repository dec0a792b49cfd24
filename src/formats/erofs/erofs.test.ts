import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import { xattrsOf } from '../../../test/fixtures/xattrs.ts'
import { unpack } from '../../adapters/codec/index.ts'
import { patched, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { findPath, planContentChange, walkPath } from '../filesystem/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { openErofs } from './index.ts'
import { checksumOf } from './superblock.ts'

const fixture = (name: string): string => join(import.meta.dirname, 'fixtures', name)
const image = (name: string): Promise<ByteSource> => loadImage(fixture(`${name}.img.zst`))
const open = (source: ByteSource, devices: readonly ByteSource[] = []): Promise<FileSystem> =>
  openErofs(source, { algorithms: { unpack }, devices })
const openFixture = async (name: string): Promise<FileSystem> =>
  open(await image(name), name === 'blob' ? [await loadImage(fixture('blob.device.zst'))] : [])
const idOf = async (fs: FileSystem, path: string): Promise<bigint> =>
  (await walkPath(fs, path, { lastLink: 'keep' })).id

const NAMES = [
  'plain',
  'lz4',
  'legacy',
  'tails',
  'chunks',
  'blob',
  'fragments',
  'all-fragments',
  'lzma',
  'deflate',
  'small-blocks',
  'metabox',
]

for (const name of NAMES) {
  suite(`the EROFS fixture ${name}`, () => {
    test('holds the tree that the kernel sees', async () => {
      const fs = await openFixture(name)
      assert.deepEqual(await treeOf(fs), JSON.parse(readFileSync(fixture('tree.json'), 'utf8')))
      assert.equal(fs.facts.type, 'erofs')
      assert.equal(fs.facts.uuid, 'a11ea100-0000-4000-8000-0000000000e5')
      assert.equal(fs.facts.label, name === 'fragments' ? name : '')
    })

    test('says where the content of each file lies', async () => {
      const source = await image(name)
      const fs = await openFixture(name)
      for (const path of ['/files/motd', '/files/hole', '/files/blocks', '/files/tail']) {
        const id = await idOf(fs, path)
        const content = await fs.open(id)
        let at = 0
        for await (const range of fs.ranges(id)) {
          const { fileOffsetBytes, lengthBytes, sourceOffsetBytes } = range
          const bytes = new Uint8Array(await content.read(fileOffsetBytes, lengthBytes))
          if (range.kind === 'data' && sourceOffsetBytes !== undefined)
            assert.deepEqual(bytes, new Uint8Array(await source.read(sourceOffsetBytes, lengthBytes)))
          const hole = await content.read(at, fileOffsetBytes - at)
          assert.ok(hole.every((byte) => byte === 0))
          at = fileOffsetBytes + lengthBytes
        }
      }
    })
  })
}

for (const name of ['plain', 'fragments', 'small-blocks', 'metabox']) {
  test(`the EROFS fixture ${name} has the extended attributes that the kernel shows`, async () => {
    const expected = readFileSync(fixture('tree.xattrs'), 'utf8').trimEnd().split('\n')
    assert.deepEqual(await xattrsOf(await openFixture(name)), expected)
  })
}

for (const name of ['plain', 'metabox']) {
  test(`each name in ${name} is found, and none that is not there`, async () => {
    const fs = await openFixture(name)
    for (const { path, kind } of await treeOf(fs)) {
      if (path.includes('\uFFFD')) continue
      const found = await findPath(fs, path, { lastLink: 'keep' })
      assert.equal(found?.kind, kind, path)
      assert.equal(await findPath(fs, `${path}?`, { lastLink: 'keep' }), undefined)
    }
  })
}

test('an image of composefs holds the tree and the attributes that the kernel sees, and says which objects it needs', async () => {
  const fs = await openFixture('composefs')
  assert.deepEqual(await treeOf(fs), JSON.parse(readFileSync(fixture('composefs.json'), 'utf8')))
  const expected = readFileSync(fixture('composefs.xattrs'), 'utf8').trimEnd().split('\n')
  assert.deepEqual(await xattrsOf(fs), expected)
  const found = await fs.xattrs(await idOf(fs, '/dir/large'))
  const values = new Map(found.map(({ name, value }) => [name, Buffer.from(value)]))
  const redirect = values.get('trusted.overlay.redirect')?.toString() ?? ''
  assert.match(redirect, /^\/[0-9a-f]{2}\/[0-9a-f]{62}$/)
  // Version, length, flags, SHA-256, and the digest of fs-verity, which is the object's name.
  const metacopy = values.get('trusted.overlay.metacopy')?.toString('hex') ?? ''
  assert.equal(metacopy, `00240001${redirect.replaceAll('/', '')}`)
})

test('a read may begin and end anywhere', async () => {
  for (const name of ['plain', 'lz4', 'chunks', 'fragments', 'lzma']) {
    const fs = await openFixture(name)
    const content = await fs.open(await idOf(fs, '/files/blocks'))
    const all = new Uint8Array(await content.read(0, content.size))
    for (const [offset, length] of [
      [0, 0],
      [1, 4094],
      [4095, 2],
      [5000, 200_000],
      [content.size - 3, 3],
    ] as const) {
      const part = new Uint8Array(await content.read(offset, length))
      assert.deepEqual(part, all.subarray(offset, offset + length))
    }
  }
})

test('without its further devices an image shows its tree, and refuses the content of files on them', async () => {
  const fs = await open(await image('blob'))
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['EROFS_DEVICES_MISSING'],
  )
  const id = await idOf(fs, '/files/motd')
  assert.equal((await fs.stat(id)).sizeBytes, 1600)
  const content = await fs.open(id)
  await assert.rejects(content.read(0, 10), (error) => isAnnealError(error, 'EROFS_DEVICE_MISSING'))
})

/** The image with bytes of its superblock replaced, and the checksum made right. */
async function withSuperblock(name: string, at: number, bytes: readonly number[]): Promise<ByteSource> {
  const source = await image(name)
  const block = (await source.read(1024, 3072)).slice()
  block.set(bytes, at)
  new DataView(block.buffer).setUint32(4, checksumOf(block), true)
  return patched(source, [{ offsetBytes: 1024, bytes: block }])
}

const REFUSED = [
  ['another format', 0, [0], 'EROFS_BAD_MAGIC'],
  ['blocks of 128 KiB', 12, [17], 'EROFS_BAD_FIELD'],
  ['directory blocks of another size', 90, [1], 'EROFS_BAD_FIELD'],
  ['an unknown incompatible feature', 81, [0x40], 'EROFS_UNSUPPORTED_FEATURE'],
  ['more blocks than there are', 36, [0, 0, 0, 1], 'EROFS_CUT_SHORT'],
  ['a root outside of the image', 14, [0xff, 0xff], 'EROFS_BAD_FIELD'],
] as const

for (const [what, at, bytes, code] of REFUSED) {
  test(`${what} is refused by name`, async () => {
    const source = await withSuperblock('plain', at, bytes)
    await assert.rejects(
      async () => {
        const fs = await open(source)
        await fs.stat(fs.root)
      },
      (error) => isAnnealError(error, code),
    )
  })
}

test('a superblock that does not match its checksum is refused', async () => {
  const source = patched(await image('lz4'), [{ offsetBytes: 1024 + 40, bytes: Uint8Array.of(9) }])
  await assert.rejects(open(source), (error) => isAnnealError(error, 'EROFS_BAD_CHECKSUM'))
})

test('an unknown algorithm is refused by name', async () => {
  const source = await withSuperblock('lz4', 84, [0x21, 0])
  await assert.rejects(open(source), (error) => isAnnealError(error, 'EROFS_UNSUPPORTED_FEATURE'))
})

test('a truncated image is refused', async () => {
  const source = await image('plain')
  for (const size of [0, 1024, 1151, source.size - 4096]) {
    await assert.rejects(open(windowOf(source, 0, size, 'short')), (error) =>
      isAnnealError(error, 'EROFS_CUT_SHORT'),
    )
  }
})

test('a cluster that does not decompress is refused with its place', async () => {
  const source = await image('lzma')
  const noise = Uint8Array.from({ length: 4096 }, (_, index) => ((index * 167) % 255) + 1)
  const codes = new Set<string>()
  for (let offsetBytes = 4096; offsetBytes < source.size; offsetBytes += 4096) {
    try {
      const broken = await open(patched(source, [{ offsetBytes, bytes: noise }]))
      const content = await broken.open(await idOf(broken, '/files/blocks'))
      await content.read(0, content.size)
    } catch (error) {
      if (!isAnnealError(error)) throw error
      codes.add(error.code)
    }
  }
  assert.ok(codes.has('EROFS_BAD_CLUSTER'), [...codes].join(' '))
})

test('each kind of node refuses what only another can do', async () => {
  const fs = await openFixture('plain')
  const file = await idOf(fs, '/files/motd')
  await assert.rejects(fs.lookup(file, 'x'), (error) => isAnnealError(error, 'EROFS_NOT_A_DIRECTORY'))
  await assert.rejects(fs.readLink(file), (error) => isAnnealError(error, 'EROFS_NOT_A_SYMLINK'))
  await assert.rejects(fs.open(fs.root), (error) => isAnnealError(error, 'EROFS_NOT_A_FILE'))
  await assert.rejects(fs.stat(1n << 40n), (error) => isAnnealError(error, 'EROFS_BAD_FIELD'))
  await assert.rejects(fs.stat(1n << 63n), (error) => isAnnealError(error, 'EROFS_BAD_FIELD'))
})

test('files of an EROFS are never edited', async () => {
  const fs = await openFixture('plain')
  const id = await idOf(fs, '/files/blocks')
  const before = new Uint8Array(await (await fs.open(id)).read(0, (await fs.stat(id)).sizeBytes))
  const after = before.slice().fill(0x61, 0, 5)
  assert.deepEqual(await planContentChange(fs, id, before, after), { refusal: 'EROFS can only be read' })
})
