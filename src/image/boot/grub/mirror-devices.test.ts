import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadImage } from '../../../../test/fixtures/load-image.ts'
import { ALGORITHMS } from '../../../adapters/codec/index.ts'
import { patched } from '../../../bytes/index.ts'
import type { ByteSource } from '../../../bytes/index.ts'
import { detectStack, findNode, formatReaders } from '../../stack/index.ts'
import { GrubDevices } from './devices.ts'

const load = (name: string): Promise<ByteSource> =>
  loadImage(join(import.meta.dirname, '../../../formats/mdraid/fixtures', `${name}.img.zst`))
const detect = (source: ByteSource) => detectStack(source, formatReaders(ALGORITHMS))

/** Names as `ls` of grub-fstest 2.06 has them, and the UUIDs of `mdadm --examine`. */
test('GRUB calls a mirror by its name or its UUID', async () => {
  const disk = await detect(await load('v12-a'))
  const devices = new GrubDevices(disk)
  for (const name of ['md/root', '(md/root)', 'mduuid/6d5430aae0f9a0d45e731347728aa6f7'])
    assert.equal(devices.volumeOf(name)?.address, 'md/root', name)
  const [volume] = devices.volumes()
  assert.ok(volume)
  assert.equal(devices.nameOf(volume), 'md/root')
  for (const name of ['md/other', 'mduuid/00000000000000000000000000000000', 'hd0'])
    assert.equal(devices.volumeOf(name), undefined, name)
})

test('a mirror with metadata 0.90 has a number, and its member is also read by itself', async () => {
  const { source } = findNode(await detect(await load('v12-a')), 'md/root')
  assert.ok(source)
  const content = await source.read(0, source.size)
  const disk = await detect(patched(await load('v090-a'), [{ offsetBytes: 0, bytes: content }]))
  const devices = new GrubDevices(disk)
  for (const name of ['md/md7', 'mduuid/6dacbcedd90ed7ff3d186b3c53958f34', 'hd0'])
    assert.equal(devices.volumeOf(name)?.address, 'md/7', name)
})
