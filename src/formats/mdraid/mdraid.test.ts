import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { fromBytes, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { openMirrors } from './index.ts'
import type { Mirror } from './index.ts'

const FIXTURES = join(import.meta.dirname, 'fixtures')
const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))
const said = JSON.parse(readFileSync(join(FIXTURES, 'arrays.json'), 'utf8')) as readonly Readonly<{
  name: string
  sizeBytes: number
  sha256: string
}>[]

async function only(...sources: readonly ByteSource[]): Promise<Mirror> {
  const { mirrors, refused } = await openMirrors(sources)
  const [mirror, ...others] = mirrors
  assert.ok(mirror, [...refused.values()].map(({ message }) => message).join('\n'))
  assert.deepEqual(others, [])
  return mirror
}

async function codesOf(...sources: readonly ByteSource[]): Promise<readonly string[]> {
  const { refused } = await openMirrors(sources)
  return [...refused.values()].map(({ code }) => code)
}

async function sha256({ source }: Mirror): Promise<string> {
  return createHash('sha256')
    .update(await source.read(0, source.size))
    .digest('hex')
}

const patch = (source: ByteSource, offsetBytes: number, ...bytes: readonly number[]): ByteSource =>
  patched(source, [{ offsetBytes, bytes: Uint8Array.from(bytes) }])

describe('mirrors of md', () => {
  test('either member of a mirror has the bytes that the kernel reads, with every version of the metadata', async () => {
    const names: Record<string, string> = { v090: '7', v10: 'boot', v11: 'first', v12: 'root' }
    for (const { name, sizeBytes, sha256: expected } of said.filter((one) => one.name in names))
      for (const half of ['a', 'b']) {
        const mirror = await only(await load(`${name}-${half}`))
        assert.equal(mirror.name, names[name])
        assert.equal(mirror.source.size, sizeBytes, name)
        assert.equal(await sha256(mirror), expected, `${name}-${half}`)
        assert.deepEqual(
          mirror.warnings.map(({ code }) => code),
          ['MD_MIRROR_READ'],
          name,
        )
      }
  })

  test('a mirror has the UUID that mdadm and blkid tell', async () => {
    assert.equal((await only(await load('v090-a'))).uuid, '6dacbced-d90e-d7ff-3d18-6b3c53958f34')
    assert.equal((await only(await load('v12-a'))).uuid, '6d5430aa-e0f9-a0d4-5e73-1347728aa6f7')
  })

  test('two members of one mirror are one mirror', async () => {
    const mirror = await only(await load('v12-a'), await load('v12-b'))
    assert.deepEqual(mirror.members, [0, 1])
    assert.match(
      mirror.warnings[0]?.message ?? '',
      /member \d of the 2 of "root" .*2 of them are in the image/,
    )
  })

  test('of members that fell apart the newest is read, and the other is named', async () => {
    const [newer, older] = [await load('late-a'), await load('late-b')]
    const expected = said.find(({ name }) => name === 'late')?.sha256
    for (const sources of [
      [newer, older],
      [older, newer],
    ]) {
      const mirror = await only(...sources)
      assert.equal(await sha256(mirror), expected)
      assert.deepEqual(
        mirror.warnings.map(({ code }) => code),
        ['MD_MIRROR_READ', 'MD_MEMBER_STALE', 'MD_MIRROR_DEGRADED'],
      )
    }
    // By itself the old one does not know that it is.
    assert.notEqual(await sha256(await only(older)), expected)
  })

  test('a mirror that never had its second member is reported as degraded', async () => {
    const mirror = await only(await load('alone'))
    assert.equal(await sha256(mirror), said.find(({ name }) => name === 'alone')?.sha256)
    assert.deepEqual(
      mirror.warnings.map(({ code }) => code),
      ['MD_MIRROR_READ', 'MD_MIRROR_DEGRADED'],
    )
  })

  test('other levels are refused by their name', async () => {
    const { mirrors, refused } = await openMirrors([await load('raid0-a'), await load('raid0-b')])
    assert.deepEqual(mirrors, [])
    assert.equal(refused.size, 2)
    assert.equal(refused.get(0)?.code, 'MD_LEVEL_UNSUPPORTED')
    assert.match(refused.get(0)?.message ?? '', /"stripes", whose level is raid0/)
  })

  test('a superblock that was changed is refused, whatever was changed', async () => {
    const [one, old] = [await load('v12-a'), await load('v090-a')]
    for (const offset of [16, 72, 80, 92, 128, 200, 216, 256])
      assert.deepEqual(await codesOf(patch(one, 4096 + offset, 0xa5)), ['MD_SUPERBLOCK_DAMAGED'], `${offset}`)
    const at = old.size - (old.size % 65_536) - 65_536
    for (const offset of [20, 28, 32, 4 * 33, 4 * 128, 4000])
      assert.deepEqual(await codesOf(patch(old, at + offset, 0xa5)), ['MD_SUPERBLOCK_DAMAGED'], `${offset}`)
    for (const size of [0, 100, 4096, 70_000])
      assert.deepEqual(await codesOf(fromBytes(new Uint8Array(size))), ['MD_SUPERBLOCK_DAMAGED'])
  })

  test('spares, journals, members that were not copied to their end or have bad blocks are refused', async () => {
    const one = await load('v12-a')
    const block = new Uint8Array(await one.read(4096, 4096))
    const view = new DataView(block.buffer)
    const member = (change: () => void): ByteSource => {
      block.set(original)
      change()
      view.setUint32(216, checksum(block), true)
      return patched(one, [{ offsetBytes: 4096, bytes: block.slice() }])
    }
    const original = block.slice()
    const device = view.getUint32(160, true)
    const features = view.getUint32(8, true)
    for (const [change, why] of [
      [() => view.setUint16(256 + device * 2, 0xffff, true), /it is a spare/],
      [() => view.setUint16(256 + device * 2, 0xfffd, true), /it is a journal/],
      [() => view.setUint16(256 + device * 2, 9, true), /it has the place 9 of 2/],
      [() => view.setUint32(8, features | 4, true), /changing its shape/],
      [() => view.setUint32(8, features | 0x8000, true), /unknown feature/],
      [
        () => {
          view.setUint32(8, features | 2, true)
          view.setBigUint64(152, 8n, true)
        },
        /not copied to its end/,
      ],
    ] as const) {
      const { refused } = await openMirrors([member(change)])
      assert.equal(refused.get(0)?.code, 'MD_MEMBER_UNUSABLE')
      assert.match(refused.get(0)?.message ?? '', why)
    }
    const { refused } = await openMirrors([
      withBadBlock(
        member(() => view.setUint32(8, features | 8, true)),
        view,
      ),
    ])
    assert.match(refused.get(0)?.message ?? '', /1 ranges of bad blocks/)
    const unclean = await only(member(() => view.setBigUint64(208, 0n, true)))
    assert.ok(unclean.warnings.some(({ code }) => code === 'MD_MIRROR_UNCLEAN'))
  })
})

function withBadBlock(source: ByteSource, view: DataView): ByteSource {
  const offsetBytes = 4096 + view.getInt32(188, true) * 512
  return patch(source, offsetBytes, 1, 4, 0, 0, 0, 0, 0, 0, ...new Uint8Array(8).fill(0xff))
}

function checksum(block: Uint8Array): number {
  const view = new DataView(block.buffer)
  const length = 256 + view.getUint32(220, true) * 2
  let sum = 0n
  for (let offset = 0; offset + 4 <= length; offset += 4)
    if (offset !== 216) sum += BigInt(view.getUint32(offset, true))
  return Number(((sum & 0xffff_ffffn) + (sum >> 32n)) & 0xffff_ffffn)
}
