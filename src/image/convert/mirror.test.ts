import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { ALGORITHMS } from '../../adapters/codec/index.ts'
import { windowOf } from '../../bytes/index.ts'
import { findPath, readFile } from '../../formats/filesystem/index.ts'
import { detectStack, findNode, findVolume, formatReaders, nodesOf } from '../stack/index.ts'
import type { StackNode } from '../stack/index.ts'
import { baseOfDisk, baseOfRoot } from './base.ts'
import { locateEdit } from './locate-edit.ts'

const UUID = '066c9073-1111-4222-8333-944455556666'

/** A whole disk that is a member of a mirror, in which mdadm and mke2fs put an ext4. */
async function mirrored(): Promise<StackNode> {
  const file = join(import.meta.dirname, '../../formats/mdraid/fixtures/v12-a.img.zst')
  return detectStack(await loadImage(file), formatReaders(ALGORITHMS))
}

test('a mirror is a part of its own, by whatever name', async () => {
  const disk = await mirrored()
  assert.deepEqual(
    nodesOf(disk).map(({ address, role, content }) => [address, role, content.kind]),
    [
      ['', 'disk', 'mirror member'],
      ['md/root', 'mirror', 'file system'],
    ],
  )
  for (const name of ['md/root', '/dev/md/root', `UUID=${UUID}`])
    assert.equal(findNode(disk, name).address, 'md/root')
  assert.ok(findNode(disk, 'md/root').warnings.some(({ code }) => code === 'MD_MIRROR_READ'))
  const { fileSystem } = findVolume(disk, 'md/root')
  const found = await findPath(fileSystem, '/file', { lastLink: 'follow' })
  assert.ok(found)
  const bytes = await readFile(fileSystem, found.id, { path: '/file', limitBytes: 100 })
  assert.equal(new TextDecoder().decode(bytes), 'in a mirror\n')
})

test('a base is what is in the mirror, without its superblock', async () => {
  const disk = await mirrored()
  const base = baseOfRoot(disk, 'md/root')
  assert.equal(base.holds, 'filesystem')
  const [piece, ...others] = base.pieces
  assert.ok(piece && disk.source)
  assert.deepEqual(others, [])
  const inDisk = windowOf(disk.source, piece.diskOffsetBytes, piece.lengthBytes, 'piece')
  assert.deepEqual(await inDisk.read(1024, 4096), await base.source.read(1024, 4096))
})

test('a file in a mirror is not changed where the disk keeps its members', async () => {
  const disk = await mirrored()
  const volume = findVolume(disk, 'md/root')
  const found = await findPath(volume.fileSystem, '/file', { lastLink: 'follow' })
  assert.ok(found)
  const [before, after] = ['in a mirror\n', 'in a MIRROR\n'].map((text) =>
    new TextEncoder().encode(text),
  ) as [Uint8Array, Uint8Array]
  const file = { id: found.id, before, after }
  assert.ok('patches' in (await locateEdit(disk, baseOfRoot(disk, 'md/root'), volume, file)))
  const refused = await locateEdit(disk, baseOfDisk(disk), volume, file)
  assert.ok('refusal' in refused)
  assert.match(refused.refusal, /mirror/)
})
