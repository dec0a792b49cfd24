import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadFixtures } from '../../../test/fixtures/load-fixtures.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { fromBytes } from '../../bytes/index.ts'
import { VerityTreeMaker, openVerityTree } from './index.ts'
import type { MadeTree } from './index.ts'

const NUMBERS = new TextEncoder().encode(
  Array.from({ length: 200_000 }, (_, index) => `${index + 1}\n`).join(''),
)
const sha256 = (bytes: Uint8Array): Uint8Array => createHash('sha256').update(bytes).digest()

function made(data: Uint8Array, pieceBytes: number, uuid?: Uint8Array): MadeTree {
  const maker = new VerityTreeMaker(sha256)
  for (let at = 0; at < data.length; at += pieceBytes) maker.add(data.subarray(at, at + pieceBytes))
  return maker.end(uuid)
}

test('the tree is the one that veritysetup makes, byte by byte', async () => {
  const trees = await loadFixtures('dmverity')
  const source = trees.find(({ name }) => name.endsWith('without-salt.img.zst'))
  assert.ok(source)
  const expected = await source.read(0, source.size)
  const list = JSON.parse(
    await readFile(join(import.meta.dirname, 'fixtures/expected.json'), 'utf8'),
  ) as readonly Readonly<{ name: string; rootHash: string }>[]
  const { bytes, rootHash, dataBlocks } = made(NUMBERS.subarray(0, 409_600), 65_536, expected.slice(16, 32))
  assert.equal(dataBlocks, 100)
  assert.equal(rootHash, list.find(({ name }) => name === 'without-salt')?.rootHash)
  assert.deepEqual(bytes, new Uint8Array(expected))
})

test('its own reader takes it, with one level and with several, and a last block that is short', async () => {
  for (const length of [1, 4096, 4097, 128 * 4096, 129 * 4096, 1_288_895]) {
    const data = NUMBERS.subarray(0, length)
    const { bytes, rootHash } = made(data, 4096 * 7)
    const whole = new Uint8Array(Math.ceil(length / 4096) * 4096)
    whole.set(data)
    const tree = await openVerityTree(fromBytes(bytes, 'tree'), { algorithms: ALGORITHMS })
    const source = tree.verified(fromBytes(whole, 'data'), rootHash)
    assert.deepEqual(await source.read(0, whole.length), whole, `${length} bytes`)
    whole[whole.length - 1] = 0xa5
    await assert.rejects(tree.verified(fromBytes(whole, 'data'), rootHash).read(whole.length - 1, 1))
  }
})

test('the same data give the same tree, and others another UUID', () => {
  const [one, again, other] = [NUMBERS, NUMBERS, NUMBERS.subarray(4096)].map((data) => made(data, 4096))
  assert.deepEqual(one, again)
  assert.notDeepEqual(one?.bytes.subarray(16, 32), other?.bytes.subarray(16, 32))
})
