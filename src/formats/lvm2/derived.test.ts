import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { extentsOf, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { openLvm2 } from './index.ts'
import type { LvmVolumes } from './index.ts'

type Expected = readonly Readonly<{ name: string; sizeBytes: number; sha256: string }>[]

const FIXTURES = join(import.meta.dirname, 'fixtures')
const load = (name: string): Promise<ByteSource> => loadImage(join(FIXTURES, `${name}.img.zst`))
const said = JSON.parse(readFileSync(join(FIXTURES, 'raid.json'), 'utf8')) as Expected

function contentOf({ groups }: LvmVolumes, name: string) {
  const found = groups[0]?.logicalVolumes.find((one) => one.name === name)
  assert.ok(found, name)
  return found.content
}

function sourceOf(volumes: LvmVolumes, name: string): ByteSource {
  const content = contentOf(volumes, name)
  assert.ok('source' in content, 'refusal' in content ? content.refusal.message : name)
  return content.source
}

function codeOf(volumes: LvmVolumes, name: string): string {
  const content = contentOf(volumes, name)
  return 'refusal' in content ? content.refusal.code : 'readable'
}

async function sha256(source: ByteSource, pieceBytes = 1 << 20): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < source.size; at += pieceBytes)
    hash.update(await source.read(at, Math.min(pieceBytes, source.size - at)))
  return hash.digest('hex')
}

const codes = ({ warnings }: LvmVolumes): readonly string[] => warnings.map(({ code }) => code)

/** Where a volume’s superblock of dm-raid is in a physical volume. */
async function superblocksIn(pv: ByteSource): Promise<readonly number[]> {
  const bytes = Buffer.from(await pv.read(0, pv.size))
  const found: number[] = []
  for (let at = bytes.indexOf('DmRd'); at !== -1; at = bytes.indexOf('DmRd', at + 1)) found.push(at)
  return found
}

const patch = (source: ByteSource, offsetBytes: number, ...bytes: readonly number[]): ByteSource =>
  patched(source, [{ offsetBytes, bytes: Uint8Array.from(bytes) }])

describe('volumes that lie in other volumes', () => {
  test('raid1, mirror and thin volumes have the bytes that the kernel reads', async () => {
    const many = await openLvm2([await load('raid-a'), await load('raid-b')])
    const slim = await openLvm2([await load('thin')])
    assert.deepEqual([...codes(many), ...codes(slim)], [])
    for (const { name, sizeBytes, sha256: expected } of said) {
      const [group, volume = ''] = name.split('/')
      const source = sourceOf(group === 'many' ? many : slim, volume)
      assert.equal(source.size, sizeBytes, name)
      assert.equal(await sha256(source), expected, name)
      if (sizeBytes < 4 << 20)
        assert.equal(await sha256(source, 50_021), expected, `${name}, in small pieces`)
    }
  })

  test('a thin volume says where it holds nothing, and what was discarded reads as zeros', async () => {
    const source = sourceOf(await openLvm2([await load('thin')]), 'one')
    const zero = new Uint8Array(6 * 65_536)
    let end = 0
    let dataBytes = 0
    for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source, 0, source.size)) {
      assert.equal(offsetBytes, end)
      end += lengthBytes
      if (kind === 'data') dataBytes += lengthBytes
    }
    assert.equal(end, source.size)
    assert.ok(dataBytes > 10 << 20 && dataBytes < 24 << 20, `${dataBytes}`)
    assert.deepEqual(await source.read(10 * 65_536, zero.length), zero)
  })

  test('one disk of a mirror is enough, and gives a warning', async () => {
    for (const side of ['raid-a', 'raid-b']) {
      const one = await openLvm2([await load(side)])
      for (const name of ['both', 'broken']) {
        const expected = said.find((line) => line.name === `many/${name}`)?.sha256
        assert.equal(await sha256(sourceOf(one, name)), expected, `${name} of ${side}`)
      }
      assert.deepEqual(codes(one), ['LVM_COPY_MISSING', 'LVM_COPY_MISSING'])
      // Without dm-raid's superblocks only the first copy is known to be whole.
      assert.equal(codeOf(one, 'old'), side === 'raid-a' ? 'readable' : 'LVM_PV_MISSING')
    }
  })

  test('a copy that missed changes, failed or is not yet whole does not count', async () => {
    const [a, b] = [await load('raid-a'), await load('raid-b')]
    const [at] = await superblocksIn(a)
    const [other] = await superblocksIn(b)
    assert.ok(at !== undefined && other !== undefined)
    const events = new DataView((await a.read(at + 16, 8)).slice().buffer).getUint8(0)
    for (const [what, left, right] of [
      ['older', patch(a, at + 16, events - 1), b],
      ['failed', a, patch(b, other + 24, 1)],
      ['not whole', patch(a, at + 32, 0, 0, 0, 0, 0, 0, 0, 0), b],
      ['of another place', patch(a, at + 12, 1), b],
      ['blank', patch(a, at, 0, 0, 0, 0), b],
    ] as const) {
      const opened = await openLvm2([left, right])
      assert.deepEqual(codes(opened), ['LVM_COPY_MISSING'], what)
      assert.match(opened.warnings[0]?.message ?? '', /is read from copy 1 of 2/, what)
    }
    const none = await openLvm2([patch(a, at, 0), patch(b, other, 0)])
    assert.equal(codeOf(none, 'both'), 'LVM_COPIES_UNUSABLE')
    assert.equal(codeOf(none, 'broken'), 'readable')
    const apart = await openLvm2([patch(a, at + 40, 0), patch(b, other + 40, 0)])
    assert.deepEqual(codes(apart), ['LVM_COPIES_APART'])
  })

  test('damaged metadata of a pool refuse its volumes, and nothing is read from elsewhere', async () => {
    const pv = await load('thin')
    const bytes = Buffer.from(await pv.read(0, 32 << 20))
    const magic = Buffer.alloc(8)
    magic.writeBigUInt64LE(27_022_010n)
    const found = bytes.indexOf(magic) - 32
    assert.ok(found > 0)
    for (const offset of [8, 40, 48, 320, 336]) {
      const opened = await openLvm2([patch(pv, found + offset, (bytes[found + offset] ?? 0) ^ 0x10)])
      assert.equal(codeOf(opened, 'one'), 'LVM_THIN_DAMAGED', `${offset}`)
    }
    const root = Number(bytes.readBigUInt64LE(found + 320))
    const changed = await openLvm2([patch(pv, found + root * 4096 + 32, 0x55)])
    assert.equal(codeOf(changed, 'one'), 'LVM_THIN_DAMAGED')
  })
})
