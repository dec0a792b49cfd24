import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isAnnealError } from '../../core/index.ts'
import { findPath } from '../filesystem/index.ts'
import { openExt4 } from './index.ts'

const image = (name: string): Promise<ByteSource> =>
  loadImage(new URL(`fixtures/${name}.img.zst`, import.meta.url).pathname)

async function valuesOf(source: ByteSource, path: string): Promise<Record<string, string>> {
  const fs = await openExt4(source)
  const found = (await findPath(fs, path, { lastLink: 'keep' })) ?? assert.fail(path)
  const all = await fs.xattrs(found.id)
  return Object.fromEntries(all.map(({ name, value }) => [name, Buffer.from(value).toString()]))
}

/** Where a text lies in an image. */
async function placeOf(source: ByteSource, text: string): Promise<number> {
  return Buffer.from(await source.read(0, source.size)).indexOf(text)
}

for (const name of ['default', 'inline', 'bigalloc']) {
  test(`attributes in inodes and in a block of "${name}" have their values`, async () => {
    const source = await image(name)
    assert.deepEqual(await valuesOf(source, '/etc/fstab'), { 'user.note': 'small' })
    assert.deepEqual(await valuesOf(source, '/etc/motd'), {
      'security.selinux': 'system_u:object_r:etc_t:s0',
    })
    const { 'user.large': large = '', ...others } = await valuesOf(source, '/blocks')
    assert.match(large, /^of an attribute that needs a block/)
    assert.deepEqual(others, {})
    assert.deepEqual(await valuesOf(source, '/etc'), {})
  })
}

test('a block of attributes with a wrong checksum is refused', async () => {
  const source = await image('default')
  const at = await placeOf(source, 'of an attribute that needs a block')
  const broken = patched(source, [{ offsetBytes: at, bytes: Uint8Array.of(0x4f) }])
  await assert.rejects(valuesOf(broken, '/blocks'), (error) => isAnnealError(error, 'EXT4_CHECKSUM_MISMATCH'))
})

test('without checksums, a value outside of its block and a list that is none are refused', async () => {
  // uninit has no checksums of metadata.
  const bytes = Buffer.from(await (await image('uninit')).read(0, 8 << 20))
  const entry = (bytes.indexOf('of an attribute that needs a block') & ~1023) + 32
  const changed = (change: (copy: Buffer) => void): ByteSource => {
    const copy = Buffer.from(bytes)
    change(copy)
    return fromBytes(copy)
  }
  const outside = changed((copy) => copy.writeUInt32LE(60_000, entry + 8))
  await assert.rejects(valuesOf(outside, '/blocks'), (error) => isAnnealError(error, 'STRUCTURE_TRUNCATED'))
  const noList = changed((copy) => copy.writeUInt8(2, entry + 1))
  await assert.rejects(valuesOf(noList, '/blocks'), (error) => isAnnealError(error, 'EXT4_INODE_DAMAGED'))
  const noFeature = changed((copy) => copy.writeUInt32LE(12, entry + 4))
  await assert.rejects(valuesOf(noFeature, '/blocks'), (error) => isAnnealError(error, 'EXT4_INODE_DAMAGED'))
})
