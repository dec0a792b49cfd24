import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { checksum, structuresOf } from '../../../test/fixtures/xfs-structures.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import type { SparseImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import type { TreeEntry } from '../../../test/fixtures/tree.ts'
import { counting, fromBytes, patched, windowOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { readFile, walkPath } from '../filesystem/index.ts'
import type { FileRange, FileSystem } from '../filesystem/index.ts'
import { openXfs, probeXfs } from './index.ts'

const NAMES = [
  'default',
  'everything',
  'sparse',
  'small-blocks',
  'large-dirs',
  'changed-uuid',
  'v4',
  'v4-ascii-ci',
] as const

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const loaded = new Map<string, Promise<SparseImage>>()

function image(name: string): Promise<SparseImage> {
  const known = loaded.get(name) ?? loadImage(fixture(`${name}.img.zst`))
  loaded.set(name, known)
  return known
}

for (const name of NAMES) {
  test(`the tree of "${name}" is what the kernel or xfs_db shows`, async () => {
    const expected = JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as TreeEntry[]
    const fs = await openXfs(await image(name))
    assert.deepEqual(fs.warnings, [])
    assert.equal(fs.facts.clean, true)
    const found = await treeOf(fs)
    assert.deepEqual(
      found.map((entry) => entry.path),
      expected.map((entry) => entry.path),
    )
    for (const [index, entry] of found.entries()) assert.deepEqual(entry, expected[index])
  })

  test(`every name in "${name}" is found by its index, and no other`, async () => {
    const fs = await openXfs(await image(name))
    const walk = async (directory: bigint): Promise<void> => {
      for await (const entry of fs.list(directory)) {
        assert.equal((await fs.lookup(directory, entry.name))?.id, entry.id, entry.name)
        assert.equal(await fs.lookup(directory, `${entry.name}?`.slice(-255)), undefined)
        const { kind } = await fs.stat(entry.id)
        if (entry.kind !== 'unknown') assert.equal(entry.kind, kind)
        if (kind === 'directory') await walk(entry.id)
      }
    }
    await walk(fs.root)
  })

  test(`free space of "${name}" is what xfs_db counts, except the blocks of the free lists`, async () => {
    const source = await image(name)
    const { agBlocks, blockSize } = await geometryOf(source)
    const theirs = new Set(
      readFileSync(fixture(`${name}.free`), 'utf8')
        .trim()
        .split('\n'),
    )
    const fs = await openXfs(source)
    let at = 0
    for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
      assert.equal(offsetBytes, at)
      at += lengthBytes
      if (kind !== 'unallocated') continue
      const block = offsetBytes / blockSize
      const line = `${Math.floor(block / agBlocks)} ${block % agBlocks} ${lengthBytes / blockSize}`
      assert.ok(theirs.delete(line), `${line} is not free`)
    }
    assert.equal(at, source.size)
    for (const left of theirs) assert.match(left, / 1$/, 'a free list holds single blocks')
  })
}

async function geometryOf(source: ByteSource): Promise<{ agBlocks: number; blockSize: number }> {
  const head = await source.read(0, 512)
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  return { agBlocks: view.getUint32(84), blockSize: view.getUint32(4) }
}

test('facts are those of xfs_info', async () => {
  const { facts } = await openXfs(await image('everything'))
  assert.equal(facts.label, 'everything')
  assert.equal(facts.uuid, 'a11ea100-0000-4000-8000-00000000005f')
  assert.equal(facts.blockSizeBytes, 2048)
  assert.equal(facts.sizeBytes, 64 << 20)
  const all = ['crc', 'ftype', 'attr2', 'lazy-count', 'projid32bit', 'finobt', 'rmapbt', 'reflink']
  assert.deepEqual(facts.features, [...all, 'inobtcount', 'sparse', 'bigtime', 'nrext64'])
  assert.deepEqual((await openXfs(await image('v4'))).facts.features, ['attr2', 'lazy-count', 'projid32bit'])
})

test('a UUID that was changed shows, and metadata are held to the old one', async () => {
  const { facts } = await openXfs(await image('changed-uuid'))
  assert.equal(facts.uuid, 'b22ea100-0000-4000-8000-000000000060')
})

test('a dirty log is a warning: free space and single owners are no longer believed', async () => {
  const source = await image('dirty')
  const fs = await openXfs(source)
  assert.equal(fs.facts.clean, false)
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['XFS_LOG_DIRTY'],
  )
  const extents = await collect(fs.allocation())
  assert.deepEqual(extents, [{ offsetBytes: 0, lengthBytes: source.size, kind: 'data' }])
  const [range] = await rangesOf(fs, '/etc/motd')
  assert.equal(range?.maybeShared, true)
})

test('ranges say where the content is, and which of it has more than one owner', async () => {
  const source = await image('everything')
  const fs = await openXfs(source)
  const own = await rangesOf(fs, '/etc/motd')
  assert.equal(own.length, 1)
  assert.equal(own[0]?.maybeShared, undefined)
  const { id } = await walkPath(fs, '/etc/motd', { lastLink: 'keep' })
  const content = await readFile(fs, id, { path: '/etc/motd', limitBytes: 10_000 })
  assert.deepEqual(await source.read(own[0]?.sourceOffsetBytes ?? 0, own[0]?.lengthBytes ?? 0), content)
  const shared = await rangesOf(fs, '/shared')
  assert.equal(shared.length, 600)
  assert.ok(shared.every(({ maybeShared }) => maybeShared === true))
})

test('ranges that were set aside and never written are no data', async () => {
  const fs = await openXfs(await image('default'))
  const kinds = (await rangesOf(fs, '/prepared')).map(
    ({ kind, fileOffsetBytes }) => `${kind} ${fileOffsetBytes}`,
  )
  assert.deepEqual(kinds, ['unwritten 0', 'data 40960', 'unwritten 49152'])
  const copies = await rangesOf(fs, '/shared')
  // The block that was written after the copy has one owner again.
  assert.deepEqual(
    copies.map(({ fileOffsetBytes, maybeShared }) => [fileOffsetBytes, maybeShared === true]),
    [
      [0, true],
      [4096, false],
      [8192, true],
    ],
  )
})

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

async function rangesOf(fs: FileSystem, path: string): Promise<readonly FileRange[]> {
  const { id } = await walkPath(fs, path, { lastLink: 'keep' })
  return collect(fs.ranges(id))
}

test('without case, a name is found as it is spelt, or as it is not', async () => {
  const fs = await openXfs(await image('v4-ascii-ci'))
  const { id } = await walkPath(fs, '/LEAF', { lastLink: 'keep' })
  const found = await fs.lookup(id, 'A-Name-In-A-Few-Blocks-7')
  assert.equal(found?.name, 'a-name-in-a-few-blocks-7')
})

test('a path of three steps costs few reads', async () => {
  const { source, count } = counting(await image('small-blocks'))
  const fs = await openXfs(source)
  const opened = count.reads
  const { id } = await walkPath(fs, '/node/a-name-in-many-blocks-300', { lastLink: 'keep' })
  await fs.stat(id)
  assert.ok(opened <= 6, `${opened} reads to open`)
  assert.ok(count.reads - opened <= 10, `${count.reads - opened} reads for the path`)
})

test('a directory with a damaged index is searched entry by entry', async () => {
  const source = await image('small-blocks')
  const index = await indexBlocks(source)
  assert.ok(index.length > 2)
  const broken = patched(
    source,
    index.map((base) => ({ offsetBytes: base + 70, bytes: Uint8Array.of(0xaa) })),
  )
  const fs = await openXfs(broken)
  const { id } = await walkPath(fs, '/node', { lastLink: 'keep' })
  assert.equal((await fs.lookup(id, 'a-name-in-many-blocks-300'))?.name, 'a-name-in-many-blocks-300')
  assert.equal(await fs.lookup(id, 'absent'), undefined)
})

async function indexBlocks(source: ByteSource): Promise<number[]> {
  const bases: number[] = []
  for (const { base, crcAt, kind } of await structuresOf(source)) {
    if (kind === 'block' && crcAt === 12) bases.push(base)
  }
  return bases
}

test('any byte that changes in an inode or a block of V5 is seen by its checksum', async () => {
  const source = await image('default')
  const root = (await structuresOf(source)).find(({ kind }) => kind === 'inode')
  assert.ok(root !== undefined)
  const broken = patched(source, [{ offsetBytes: root.base + 40, bytes: Uint8Array.of(1, 2, 3) }])
  await assert.rejects(treeOf(await openXfs(broken)), (error) => isAnnealError(error, 'XFS_BAD_CHECKSUM'))
})

/** The image with bytes of its superblock replaced, and the checksum made right. */
async function withSuperblock(name: string, at: number, bytes: readonly number[]): Promise<ByteSource> {
  const source = await image(name)
  const sector = (await source.read(0, 512)).slice()
  sector.set(bytes, at)
  new DataView(sector.buffer).setUint32(224, checksum(sector, 224), true)
  return patched(source, [{ offsetBytes: 0, bytes: sector }])
}

const REFUSED = [
  ['what is no XFS', 0, [0x58, 0x46, 0x53, 0x43], 'XFS_BAD_MAGIC'],
  ['version 3', 100, [0xb4, 0xb3], 'XFS_UNSUPPORTED_VERSION'],
  ['an unknown incompatible feature', 216, [0x80, 0, 0, 0xb], 'XFS_UNSUPPORTED_FEATURE'],
  ['a zoned file system', 216, [0, 0, 2, 0xb], 'XFS_UNSUPPORTED_FEATURE'],
  ['what needs repair', 216, [0, 0, 0, 0x1b], 'XFS_NEEDS_REPAIR'],
  ['an external log', 48, [0, 0, 0, 0, 0, 0, 0, 0], 'XFS_EXTERNAL_LOG'],
  ['what mkfs did not finish', 126, [1], 'XFS_UNFINISHED'],
  ['inodes larger than they can be', 104, [0x10, 0], 'XFS_BAD_FIELD'],
  ['more groups than there is room for', 88, [0, 0, 1, 0], 'XFS_BAD_FIELD'],
] as const

for (const [what, at, bytes, code] of REFUSED) {
  test(`${what} is refused by name`, async () => {
    await assert.rejects(openXfs(await withSuperblock('default', at, bytes)), (error) =>
      isAnnealError(error, code),
    )
  })
}

test('a read-only compatible feature that nobody knows is a warning, and nothing is believed to be free', async () => {
  const fs = await openXfs(await withSuperblock('default', 212, [0x40, 0, 0, 0xd]))
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['XFS_UNKNOWN_FEATURES'],
  )
  assert.equal((await collect(fs.allocation())).length, 1)
})

test('an XFS with a realtime section has a warning', async () => {
  const fs = await openXfs(await withSuperblock('default', 16, [0, 0, 0, 0, 0, 8, 0, 0]))
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['XFS_REALTIME'],
  )
})

test('a truncated image is refused', async () => {
  const source = await image('default')
  const short = windowOf(source, 0, source.size - 4096, 'short')
  await assert.rejects(openXfs(short), (error) => isAnnealError(error, 'XFS_CUT_SHORT'))
})

test('a realtime file is refused by name', async () => {
  const source = await image('default')
  const fs = await openXfs(source)
  const { id } = await walkPath(fs, '/etc/motd', { lastLink: 'keep' })
  const inode = (await structuresOf(source)).find(
    ({ kind, base }) => kind === 'inode' && base === Number(id) * 512,
  )
  assert.ok(inode !== undefined)
  const bytes = (await source.read(inode.base, 512)).slice()
  bytes[91] = 1
  new DataView(bytes.buffer).setUint32(100, checksum(bytes, 100), true)
  const changed = await openXfs(patched(source, [{ offsetBytes: inode.base, bytes }]))
  await assert.rejects(changed.open(id), (error) => isAnnealError(error, 'XFS_REALTIME_FILE'))
})

test('a pointer to the parent is no extended attribute', async () => {
  const source = await image('default')
  const { id } = await walkPath(await openXfs(source), '/attributes/f1', { lastLink: 'keep' })
  const base = Number(id) * 512
  const bytes = (await source.read(base, 512)).slice()
  const fork = 176 + (bytes[82] ?? 0) * 8
  // Behind the header and two lengths stand the flags.
  bytes[fork + 6] = 0x8
  new DataView(bytes.buffer).setUint32(100, checksum(bytes, 100), true)
  const changed = await openXfs(patched(source, [{ offsetBytes: base, bytes }]))
  assert.equal((await changed.stat(id)).hasXattrs, false)
})

test('probing never throws on what is no XFS', async () => {
  assert.equal(await probeXfs(await image('v4')), true)
  assert.equal(await probeXfs(fromBytes(new Uint8Array(100))), false)
  assert.equal(await probeXfs(fromBytes(new Uint8Array(1000).fill(0x58))), false)
})

test('each kind of node refuses what only another can do', async () => {
  const fs = await openXfs(await image('default'))
  const { id: file } = await walkPath(fs, '/etc/motd', { lastLink: 'keep' })
  await assert.rejects(fs.lookup(file, 'x'), (error) => isAnnealError(error, 'XFS_NOT_A_DIRECTORY'))
  await assert.rejects(fs.readLink(file), (error) => isAnnealError(error, 'XFS_NOT_A_SYMLINK'))
  await assert.rejects(fs.open(fs.root), (error) => isAnnealError(error, 'XFS_NOT_A_FILE'))
  await assert.rejects(fs.stat(1n << 50n), (error) => isAnnealError(error, 'XFS_NO_SUCH_INODE'))
})
