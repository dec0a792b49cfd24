import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { before, suite, test } from 'node:test'
import { loadFixtures } from '../../../test/fixtures/load-fixtures.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { openVerityTree } from './index.ts'

type Expected = Readonly<{ name: string; dataBytes: number; treeOffsetBytes: number; rootHash: string }>
type Case = Expected & Readonly<{ data: ByteSource; tree: ByteSource }>

const NUMBERS = new TextEncoder().encode(
  Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(''),
)
const cases: Case[] = []

async function open({ tree, treeOffsetBytes, rootHash, data }: Case): Promise<ByteSource> {
  const opened = await openVerityTree(tree, { algorithms: ALGORITHMS, offsetBytes: treeOffsetBytes })
  return opened.verified(data, rootHash)
}

function changed(source: ByteSource, offset: number): ByteSource {
  return patched(source, [{ offsetBytes: offset, bytes: Uint8Array.of(0xa5) }])
}

async function codeOf(reading: Promise<unknown>): Promise<string> {
  return reading.then(
    () => 'none',
    (error: unknown) => (isAnnealError(error) ? error.code : String(error)),
  )
}

suite('dm-verity', () => {
  before(async () => {
    const folder = join(import.meta.dirname, 'fixtures')
    const expected = JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as readonly Expected[]
    const trees = await loadFixtures('dmverity')
    for (const one of expected) {
      const tree = trees.find(({ name }) => name.endsWith(`${one.name}.img.zst`))
      assert.ok(tree, one.name)
      cases.push({ ...one, tree, data: fromBytes(NUMBERS.subarray(0, one.dataBytes), 'data') })
    }
  })

  test('data that veritysetup made a tree of are read whole, in pieces of any length', async () => {
    assert.equal(cases.length, 10)
    for (const one of cases) {
      const source = await open(one)
      assert.deepEqual(await source.read(0, source.size), NUMBERS.subarray(0, one.dataBytes), one.name)
      for (const [offset, length] of [
        [0, 1],
        [4095, 1],
        [one.dataBytes - 1, 1],
        [one.dataBytes >> 1, Math.min(5000, one.dataBytes >> 1)],
      ] as const)
        assert.deepEqual(await source.read(offset, length), NUMBERS.subarray(offset, offset + length))
    }
  })

  test('a byte that was changed is refused where it is read, and not elsewhere', async () => {
    for (const one of cases.filter(({ dataBytes }) => dataBytes > 8192)) {
      const source = await open({ ...one, data: changed(one.data, 100_000) })
      assert.equal(await codeOf(source.read(0, 4096)), 'none', one.name)
      assert.equal(
        await codeOf(source.read(100_352, 4096)),
        one.name === 'small-blocks' ? 'none' : 'VERITY_BLOCK_DIFFERS',
      )
      assert.equal(await codeOf(source.read(99_900, 300)), 'VERITY_BLOCK_DIFFERS', one.name)
      assert.equal(await codeOf(source.read(0, source.size)), 'VERITY_BLOCK_DIFFERS', one.name)
    }
  })

  test('zeros in a hole of the image are also compared', async () => {
    const [one] = cases
    assert.ok(one)
    const source = await open({ ...one, data: fromBytes(new Uint8Array(one.dataBytes), 'data') })
    assert.equal(await codeOf(source.read(0, 4096)), 'VERITY_BLOCK_DIFFERS')
    assert.ok(!('extents' in source))
  })

  test('a tree that was changed, and another root hash, are refused', async () => {
    for (const one of cases) {
      const other = one.rootHash.replace(/^./, (digit) => (digit === '0' ? '1' : '0'))
      assert.equal(await codeOf((await open({ ...one, rootHash: other })).read(0, 1)), 'VERITY_ROOT_DIFFERS')
    }
    for (const one of cases.filter(
      ({ dataBytes, treeOffsetBytes }) => dataBytes > 4096 && treeOffsetBytes === 0,
    )) {
      // The block behind the superblock's is the top of the tree, the last one of the level of the data.
      const top = one.name === 'small-blocks' ? 1024 : 4096
      const atTop = await open({ ...one, tree: changed(one.tree, top) })
      assert.equal(await codeOf(atTop.read(0, 1)), 'VERITY_ROOT_DIFFERS', one.name)
    }
    const [first] = cases
    assert.ok(first)
    const below = await open({ ...first, tree: changed(first.tree, first.tree.size - 4096) })
    assert.equal(await codeOf(below.read(first.dataBytes - 1, 1)), 'VERITY_BLOCK_DIFFERS')
    assert.equal(await codeOf(below.read(0, 1)), 'none')
  })

  test('data and trees that are too short, and superblocks that say nonsense, are refused', async () => {
    const [first] = cases
    assert.ok(first)
    const short = await open({ ...first, data: fromBytes(NUMBERS.subarray(0, 4096), 'data') })
    assert.equal(await codeOf(short.read(0, 1)), 'VERITY_DATA_SHORT')
    const bytes = await first.tree.read(0, first.tree.size)
    const opened = (
      changes: readonly (readonly [number, number])[],
      size = bytes.length,
    ): Promise<string> => {
      const copy = bytes.slice(0, size)
      for (const [offset, value] of changes) copy[offset] = value
      return codeOf(openVerityTree(fromBytes(copy, 'tree'), { algorithms: ALGORITHMS }))
    }
    assert.equal(await opened([]), 'none')
    assert.equal(await opened([], bytes.length - 4096), 'VERITY_TREE_SHORT')
    assert.equal(await opened([], 100), 'VERITY_SUPERBLOCK_INVALID')
    for (const change of [
      [0, 0],
      [8, 2],
      [12, 2],
      [64, 1],
      [66, 255],
      [69, 0],
      [80, 255],
      [81, 255],
      [77, 255],
    ] as const)
      assert.equal(
        await opened([change]),
        change[0] === 80 ? 'none' : 'VERITY_SUPERBLOCK_INVALID',
        change.join(),
      )
    assert.equal(await opened([[32, 0x78]]), 'VERITY_HASH_UNSUPPORTED')
  })
})
