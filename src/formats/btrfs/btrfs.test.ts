import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { resealed } from '../../../test/fixtures/btrfs-structures.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import type { SparseImage } from '../../../test/fixtures/load-image.ts'
import { treeOf } from '../../../test/fixtures/tree.ts'
import type { TreeEntry } from '../../../test/fixtures/tree.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { counting, fromBytes, mapped, patched, windowOf, zeros } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { walkPath } from '../filesystem/index.ts'
import type { FileSystem } from '../filesystem/index.ts'
import { openBtrfs, probeBtrfs } from './index.ts'

const NAMES = ['default', 'small-nodes', 'mixed', 'large-nodes', 'changed-uuid'] as const
const SUPERBLOCK_AT = 65_536

const fixture = (name: string): string => fileURLToPath(new URL(`fixtures/${name}`, import.meta.url))
const loaded = new Map<string, Promise<SparseImage>>()

function image(name: string): Promise<SparseImage> {
  const known = loaded.get(name) ?? loadImage(fixture(`${name}.img.zst`))
  loaded.set(name, known)
  return known
}

const open = (source: ByteSource): Promise<FileSystem> => openBtrfs(source, { algorithms: ALGORITHMS })

for (const name of NAMES) {
  test(`the tree of "${name}" is what the kernel shows`, async () => {
    const expected = JSON.parse(readFileSync(fixture(`${name}.json`), 'utf8')) as TreeEntry[]
    const fs = await open(await image(name))
    assert.deepEqual(fs.warnings, [])
    assert.equal(fs.facts.clean, true)
    const found = await treeOf(fs)
    assert.deepEqual(
      found.map((entry) => entry.path),
      expected.map((entry) => entry.path),
    )
    for (const [index, entry] of found.entries()) assert.deepEqual(entry, expected[index])
  })

  test(`every name in "${name}" is found by its hash, and no other`, async () => {
    const fs = await open(await image(name))
    const walk = async (directory: bigint): Promise<void> => {
      for await (const entry of fs.list(directory)) {
        if (!entry.name.includes('\u{fffd}'))
          assert.equal((await fs.lookup(directory, entry.name))?.id, entry.id, entry.name)
        assert.equal(await fs.lookup(directory, `${entry.name}?`.slice(-255)), undefined)
        const { kind } = await fs.stat(entry.id)
        assert.equal(entry.kind, kind)
        if (kind === 'directory') await walk(entry.id)
      }
    }
    await walk(fs.root)
  })

  test(`nothing that "${name}" calls free is read`, async () => {
    const source = await image(name)
    const fs = await open(source)
    const pieces: Parameters<typeof mapped>[0][number][] = []
    let free = 0
    for await (const { offsetBytes, lengthBytes, kind } of fs.allocation()) {
      if (kind === 'unallocated') {
        free += lengthBytes
        pieces.push({ lengthBytes, source: noise(lengthBytes), sourceOffsetBytes: 0 })
      } else pieces.push({ lengthBytes, source, sourceOffsetBytes: offsetBytes })
    }
    assert.ok(free > source.size / 2, `only ${free} bytes are free`)
    const changed = mapped(pieces, 'changed')
    assert.equal(changed.size, source.size)
    assert.deepEqual(await treeOf(await open(changed)), await treeOf(fs))
  })
}

function noise(size: number): ByteSource {
  return { size, name: 'noise', read: async (_, length) => new Uint8Array(length).fill(0xa5) }
}

test('extended attributes are those that the kernel shows', async () => {
  const fs = await open(await image('default'))
  const of = async (path: string) => {
    const { id } = await walkPath(fs, path, { lastLink: 'keep' })
    const all = await fs.xattrs(id)
    return Object.fromEntries(all.map(({ name, value }) => [name, new TextDecoder().decode(value)]))
  }
  assert.deepEqual(await of('/attributes/f1'), { 'user.note': 'short' })
  assert.deepEqual(await of('/attributes/f2'), { 'user.note': 'another', 'user.long': 'v'.repeat(3000) })
  assert.deepEqual(await of('/lzo'), { 'btrfs.compression': 'lzo' })
  assert.deepEqual(await of('/snapshot/placeholder'), {})
})

test('subvolumes are listed with their paths, and which of them is mounted where none is named', async () => {
  const { subvolumes } = await open(await image('default'))
  assert.deepEqual(
    subvolumes?.map(({ path, isDefault, isReadOnly }) => [path, isDefault, isReadOnly]),
    [
      ['/', false, false],
      ['/@', true, false],
      ['/@/placeholder', false, false],
      ['/snapshot', false, true],
    ],
  )
  const { subvolumes: only } = await open(await image('mixed'))
  assert.deepEqual(
    only?.map(({ path, isDefault }) => [path, isDefault]),
    [['/', true]],
  )
})

test('facts are those of blkid and dump-super', async () => {
  const { facts } = await open(await image('default'))
  assert.equal(facts.type, 'btrfs')
  assert.equal(facts.label, 'default')
  assert.equal(facts.uuid, 'a11ea100-0000-4000-8000-0000000000b7')
  assert.equal(facts.sizeBytes, 112 << 20)
  const common = ['mixed-backref', 'compress-lzo', 'compress-zstd', 'big-metadata', 'extref']
  const free = ['free-space-tree', 'free-space-tree-valid']
  assert.deepEqual(facts.features, [
    ...common.slice(0, 1),
    'default-subvol',
    ...common.slice(1),
    'skinny-metadata',
    'no-holes',
    ...free,
  ])
})

test('a log that waits to be replayed is a warning: files are as they were, and nothing is free', async () => {
  const source = await image('dirty')
  const fs = await open(source)
  assert.equal(fs.facts.clean, false)
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['BTRFS_LOG_TREE'],
  )
  assert.deepEqual(await collect(fs.allocation()), [
    { offsetBytes: 0, lengthBytes: source.size, kind: 'data' },
  ])
  assert.notEqual(await fs.lookup(fs.root, 'old'), undefined)
})

test('ranges say where the content is, and which of it no other reader gives', async () => {
  const source = await image('default')
  const fs = await open(source)
  const kinds = async (path: string) => {
    const { id } = await walkPath(fs, path, { lastLink: 'keep' })
    return (await collect(fs.ranges(id))).map(({ kind, fileOffsetBytes }) => `${kind} ${fileOffsetBytes}`)
  }
  assert.deepEqual(await kinds('/inline'), ['inline 0'])
  assert.deepEqual(await kinds('/prepared'), ['unwritten 0', 'data 20480', 'unwritten 24576'])
  assert.deepEqual((await kinds('/zstd/long')).slice(0, 2), ['compressed 0', 'compressed 12288'])
  const { id } = await walkPath(fs, '/plain', { lastLink: 'keep' })
  const [range] = await collect(fs.ranges(id))
  const content = await (await fs.open(id)).read(0, 1000)
  assert.deepEqual(await source.read(range?.sourceOffsetBytes ?? 0, 1000), content)
})

test('a path of three steps costs few reads', async () => {
  const { source, count } = counting(await image('small-nodes'))
  const fs = await open(source)
  const opened = count.reads
  const { id } = await walkPath(fs, '/many/a-name-in-many-nodes-300', { lastLink: 'keep' })
  await fs.stat(id)
  assert.ok(opened <= 8, `${opened} reads to open`)
  assert.ok(count.reads - opened <= 12, `${count.reads - opened} reads for the path`)
})

test('of two copies of a node, the sound one counts', async () => {
  const source = await image('default')
  const nodes: number[] = []
  const seen = await open(watched(source, (offset, length) => length === 16_384 && nodes.push(offset)))
  await treeOf(seen)
  const broken = patched(
    source,
    [...new Set(nodes)].map((offset) => ({ offsetBytes: offset + 200, bytes: flip })),
  )
  assert.deepEqual(await treeOf(await open(broken)), await treeOf(await open(source)))
})

const flip = Uint8Array.of(0xa5, 0x5a, 0xa5)

function watched(source: ByteSource, onRead: (offset: number, length: number) => unknown): ByteSource {
  return {
    size: source.size,
    name: source.name,
    async read(offset, length, signal) {
      onRead(offset, length)
      return source.read(offset, length, signal)
    },
  }
}

for (const name of ['small-nodes', 'mixed', 'large-nodes'] as const) {
  test(`a byte that changes in the data of "${name}" is seen by its checksum`, async () => {
    const source = await image(name)
    const { id, place } = await dataOf(await open(source), name === 'small-nodes' ? '/plain' : '/prepared')
    const fs = await open(patched(source, [{ offsetBytes: place + 10, bytes: flip }]))
    await assert.rejects(async () => {
      const content = await fs.open(id)
      await content.read(0, content.size)
    }, damagedData)
  })
}

function damagedData(error: unknown): boolean {
  return isAnnealError(error, 'BTRFS_DATA_DAMAGED')
}

/** A file, and the first byte on the disk that its content comes from. */
async function dataOf(fs: FileSystem, path: string): Promise<{ id: bigint; place: number }> {
  const { id } = await walkPath(fs, path, { lastLink: 'keep' })
  for await (const { sourceOffsetBytes } of fs.ranges(id)) {
    if (sourceOffsetBytes !== undefined) return { id, place: sourceOffsetBytes }
  }
  const seen: number[] = []
  return { id, place: seen[0] ?? 0 }
}

test('a file without checksums is read as it is', async () => {
  const source = await image('default')
  const fs = await open(source)
  const { id, place } = await dataOf(fs, '/uncopied')
  const changed = await open(patched(source, [{ offsetBytes: place, bytes: flip }]))
  const content = await (await changed.open(id)).read(0, 3)
  assert.deepEqual(new Uint8Array(content), flip)
})

test('a first superblock that is damaged gives way to its copy, with a warning', async () => {
  const broken = patched(await image('default'), [{ offsetBytes: SUPERBLOCK_AT + 300, bytes: flip }])
  const fs = await open(broken)
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['BTRFS_SUPERBLOCK_COPY'],
  )
  assert.equal(fs.facts.label, 'default')
})

const U64 = (value: bigint): Uint8Array => {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value, true)
  return bytes
}
/** Of the fixture "default". */
const FEATURES = 0x37bn

const REFUSED = [
  ['what is no btrfs', 64, Uint8Array.of(0), 'BTRFS_BAD_MAGIC'],
  ['an unknown incompatible feature', 188, U64(FEATURES | (1n << 40n)), 'BTRFS_FEATURE_UNSUPPORTED'],
  ['extent tree v2', 188, U64(FEATURES | (1n << 13n)), 'BTRFS_FEATURE_UNSUPPORTED'],
  ['the RAID stripe tree', 188, U64(FEATURES | (1n << 14n)), 'BTRFS_FEATURE_UNSUPPORTED'],
  ['a zoned file system', 188, U64(FEATURES | (1n << 12n)), 'BTRFS_FEATURE_UNSUPPORTED'],
  ['a remap tree', 188, U64(FEATURES | (1n << 17n)), 'BTRFS_FEATURE_UNSUPPORTED'],
  ['a checksum that nobody knows', 196, Uint8Array.of(9, 0), 'BTRFS_CHECKSUM_UNKNOWN'],
  ['a seed', 56, U64(1n | (1n << 32n)), 'BTRFS_STATE_UNSUPPORTED'],
  ['a metadata image', 56, U64(1n | (1n << 33n)), 'BTRFS_STATE_UNSUPPORTED'],
  ['a change of UUID that did not finish', 56, U64(1n | (1n << 36n)), 'BTRFS_STATE_UNSUPPORTED'],
  ['two devices', 136, U64(2n), 'BTRFS_SEVERAL_DEVICES'],
  ['nodes smaller than a sector', 148, Uint8Array.of(0, 2, 0, 0), 'BTRFS_BAD_FIELD'],
  ['sectors of 48 KiB', 144, Uint8Array.of(0, 0xc0, 0, 0), 'BTRFS_BAD_FIELD'],
  ['a tree of ten levels', 198, Uint8Array.of(9), 'BTRFS_BAD_FIELD'],
  ['a place that is not its own', 48, U64(4096n), 'BTRFS_BAD_FIELD'],
  ['a root tree that no chunk has', 80, U64(1n << 40n), 'BTRFS_NOT_MAPPED'],
  ['a root tree that is another node', 72, U64(12_345n), 'BTRFS_BAD_FIELD'],
] as const

for (const [what, at, bytes, code] of REFUSED) {
  test(`${what} is refused by name`, async () => {
    const changed = patched(await image('default'), [{ offsetBytes: SUPERBLOCK_AT + at, bytes }])
    await assert.rejects(open(await resealed(changed, SUPERBLOCK_AT)), (error) => isAnnealError(error, code))
  })
}

test('a read-only compatible feature that nobody knows is a warning, and nothing is believed to be free', async () => {
  const changed = patched(await image('default'), [
    { offsetBytes: SUPERBLOCK_AT + 182, bytes: Uint8Array.of(1) },
  ])
  const fs = await open(await resealed(changed, SUPERBLOCK_AT))
  assert.deepEqual(
    fs.warnings.map(({ code }) => code),
    ['BTRFS_UNKNOWN_FEATURES'],
  )
  assert.equal((await collect(fs.allocation())).length, 1)
})

test('a truncated image is refused, also one without a superblock', async () => {
  const source = await image('default')
  for (const size of [source.size - 4096, SUPERBLOCK_AT + 100, SUPERBLOCK_AT, 0]) {
    const short = windowOf(source, 0, size, 'short')
    await assert.rejects(open(short), (error) => isAnnealError(error, 'BTRFS_CUT_SHORT'), `${size} bytes`)
  }
})

test('probing never throws on what is no btrfs', async () => {
  assert.equal(await probeBtrfs(await image('mixed')), true)
  assert.equal(await probeBtrfs(fromBytes(new Uint8Array(100))), false)
  assert.equal(await probeBtrfs(zeros(1 << 20, 'zeros')), false)
})

test('each kind of node refuses what only another can do', async () => {
  const fs = await open(await image('default'))
  const { id: file } = await walkPath(fs, '/plain', { lastLink: 'keep' })
  await assert.rejects(fs.lookup(file, 'x'), (error) => isAnnealError(error, 'BTRFS_NOT_A_DIRECTORY'))
  await assert.rejects(fs.readLink(file), (error) => isAnnealError(error, 'BTRFS_NOT_A_SYMLINK'))
  await assert.rejects(fs.open(fs.root), (error) => isAnnealError(error, 'BTRFS_NOT_A_FILE'))
  await assert.rejects(fs.stat(fs.root + 99_999n), (error) => isAnnealError(error, 'BTRFS_NO_SUCH_NODE'))
  const elsewhere = 9999n << 64n
  await assert.rejects(fs.stat(elsewhere), (error) => isAnnealError(error, 'BTRFS_NO_SUCH_SUBVOLUME'))
})

async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
