import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { checksum, structuresOf } from '../../../test/fixtures/xfs-structures.ts'
import { patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { walkPath } from '../filesystem/index.ts'
import { openXfs } from './index.ts'

/** scripts/fixtures/xfs.sh: /attributes/f1 has one, f2 also a large one, f3 sixty more. */
const image = (): Promise<ByteSource> =>
  loadImage(fileURLToPath(new URL('fixtures/default.img.zst', import.meta.url)))

async function valuesOf(source: ByteSource, path: string): Promise<Record<string, string>> {
  const fs = await openXfs(source)
  const { id } = await walkPath(fs, path, { lastLink: 'keep' })
  const all = await fs.xattrs(id)
  return Object.fromEntries(all.map(({ name, value }) => [name, Buffer.from(value).toString()]))
}

/** The blocks whose magic is at `at`, changed and sealed again. */
async function changed(
  source: ByteSource,
  isOne: (bytes: Buffer) => boolean,
  change: (bytes: Buffer) => void,
): Promise<ByteSource> {
  const patches = []
  for (const { base, length, crcAt } of await structuresOf(source)) {
    const bytes = Buffer.from(await source.read(base, length))
    if (!isOne(bytes)) continue
    change(bytes)
    bytes.writeUInt32LE(checksum(bytes, crcAt), crcAt)
    patches.push({ offsetBytes: base, bytes: new Uint8Array(bytes) })
  }
  assert.ok(patches.length > 0)
  return patched(source, patches)
}

const isLeaf = (bytes: Buffer): boolean => bytes.readUInt16BE(8) === 0x3bee
const isRemote = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 4) === 'XARM'

test('attributes in the inode, in a leaf and in blocks of their own have their values', async () => {
  const source = await image()
  assert.deepEqual(await valuesOf(source, '/attributes/f1'), { 'user.note': '1' })
  assert.deepEqual(await valuesOf(source, '/attributes/f2'), {
    'user.note': '2',
    'user.large': 'x'.repeat(9000),
  })
  const many = await valuesOf(source, '/attributes/f3')
  assert.equal(Object.keys(many).length, 61)
  assert.equal(many['user.number-60'], 'value of 60')
  assert.deepEqual(await valuesOf(source, '/etc/motd'), {})
})

test('a leaf that follows itself is refused', async () => {
  const source = await changed(await image(), isLeaf, (bytes) => bytes.writeUInt32BE(0x7fff_ffff, 0))
  await assert.rejects(valuesOf(source, '/attributes/f3'), (error) => isAnnealError(error, 'XFS_BAD_FIELD'))
})

test('a name outside of its leaf is refused', async () => {
  const source = await changed(await image(), isLeaf, (bytes) => bytes.writeUInt16BE(0xffff, 80 + 4))
  await assert.rejects(valuesOf(source, '/attributes/f3'), (error) =>
    isAnnealError(error, 'STRUCTURE_TRUNCATED'),
  )
})

test('a block of a value that belongs elsewhere in it is refused', async () => {
  const source = await changed(await image(), isRemote, (bytes) => bytes.writeUInt32BE(12_345, 4))
  await assert.rejects(valuesOf(source, '/attributes/f2'), (error) => isAnnealError(error, 'XFS_BAD_FIELD'))
})

test('a block of a value with a wrong checksum is refused', async () => {
  const source = await image()
  const remote = []
  for (const { base, length } of await structuresOf(source)) {
    if (isRemote(Buffer.from(await source.read(base, length)))) remote.push(base)
  }
  const broken = patched(source, [{ offsetBytes: (remote[0] ?? 0) + 100, bytes: Uint8Array.of(0) }])
  await assert.rejects(valuesOf(broken, '/attributes/f2'), (error) =>
    isAnnealError(error, 'XFS_BAD_CHECKSUM'),
  )
})
