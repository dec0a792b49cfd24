import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { describe, test } from 'node:test'
import { isAnnealError } from '../../core/index.ts'
import { counting, extentsOf, fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { decompressPool } from '../../adapters/image-source/index.ts'
import { loadImage } from '../../../test/fixtures/load-image.ts'
import { openQcow2, probeQcow2 } from './index.ts'
import type { OtherFile, Qcow2 } from './index.ts'

const FIXTURES = new URL('./fixtures/', import.meta.url)

/** What qemu-img says. */
type Expected = Readonly<{
  sizeBytes: number
  sha256: string
  data: readonly Readonly<{ start: number; length: number; data: boolean }>[]
}>

const decompress = decompressPool({ threads: 1 })

function load(name: string): Promise<ByteSource> {
  return loadImage(new URL(`${name}.zst`, FIXTURES).pathname)
}

/** What the overlays and the external data file of the fixtures name. */
async function openOther({ name, format, use }: OtherFile): Promise<ByteSource> {
  if (name === 'data.raw' && use === 'dataFile') return load('data.raw')
  // Without extents: for QEMU a raw file is data where it is no hole of the file system.
  if (name === 'base.raw' && format === 'raw') {
    const base = await load('base.raw')
    return { size: base.size, name, read: (offset, length) => base.read(offset, length) }
  }
  assert.equal(`${name} ${format}`, 'zlib.qcow2 qcow2')
  return (await openQcow2(await load(name), { decompress })).source
}

async function open(name: string): Promise<Qcow2> {
  return openQcow2(await load(`${name}.qcow2`), { decompress, openOther })
}

async function hashInPieces(disk: ByteSource, pieceBytes: number): Promise<string> {
  const hash = createHash('sha256')
  for (let at = 0; at < disk.size; at += pieceBytes) {
    hash.update(await disk.read(at, Math.min(pieceBytes, disk.size - at)))
  }
  return hash.digest('hex')
}

function readExpected(name: string): Expected {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FIXTURES), 'utf8')) as Expected
}

/** Neighbours that are both data, or both none, as one. */
function joined(ranges: Expected['data']): Expected['data'] {
  const out: { start: number; length: number; data: boolean }[] = []
  for (const range of ranges) {
    const last = out.at(-1)
    if (last !== undefined && last.data === range.data) last.length += range.length
    else out.push({ ...range })
  }
  return out
}

const names = readdirSync(FIXTURES)
  .filter((file) => file.endsWith('.json'))
  .map((file) => file.replace('.json', ''))

describe('what qemu-img says of an image', () => {
  for (const name of names) {
    test(`${name} reads as qemu-img reads it, in large pieces and in small ones`, async () => {
      const { sizeBytes, sha256 } = readExpected(name)
      const { source } = await open(name)
      assert.equal(source.size, sizeBytes)
      assert.equal(await hashInPieces(source, 2 * 1024 * 1024), sha256)
      assert.equal(await hashInPieces(source, 10_007), sha256)
    })

    test(`${name} has its data where qemu-img says`, async () => {
      const { source } = await open(name)
      const found = []
      for await (const { offsetBytes, lengthBytes, kind } of extentsOf(source)) {
        assert.notEqual(kind, 'unallocated')
        found.push({ start: offsetBytes, length: lengthBytes, data: kind === 'data' })
      }
      assert.deepEqual(joined(found), joined(readExpected(name).data))
    })
  }
})

test('the extents of an image are found without reading its data', async () => {
  const { source, count } = counting(await load('v3.qcow2'))
  const image = await openQcow2(source, { decompress })
  for await (const extent of extentsOf(image.source)) assert.ok(extent.lengthBytes > 0)
  // Header, L1 table and one L2 table, 64 KiB each.
  assert.ok(count.bytes <= 3 * 65_536 && count.reads <= 3, JSON.stringify(count))
})

test('an image says what it is', async () => {
  const facts = async (name: string) => {
    const { version, clusterBytes, compression, extendedL2 } = await open(name)
    return [version, clusterBytes, compression, extendedL2]
  }
  assert.deepEqual(await facts('v2'), [2, 65_536, 'zlib', false])
  assert.deepEqual(await facts('zstd'), [3, 65_536, 'zstd', false])
  assert.deepEqual(await facts('cluster-16k-extended-l2'), [3, 16_384, 'zlib', true])
})

test('an image that was not closed is read with a warning', async () => {
  const { warnings } = await open('dirty')
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['QCOW2_DIRTY'],
  )
})

test('snapshots are passed over, and said', async () => {
  const { warnings, snapshotCount } = await open('snapshot')
  assert.equal(snapshotCount, 1)
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['QCOW2_SNAPSHOTS'],
  )
})

test('a partly downloaded image is read as far as it goes, and reported as truncated', async () => {
  const whole = await load('cluster-512.qcow2')
  assert.deepEqual((await openQcow2(whole, { decompress })).warnings, [])
  const size = Math.floor(whole.size / 1024) * 512
  const half: ByteSource = { size, name: 'half', read: (offset, length) => whole.read(offset, length) }
  const { warnings, source } = await openQcow2(half, { decompress })
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['QCOW2_CUT_SHORT'],
  )
  assert.equal((await source.read(0, 512)).length, 512)
  await assert.rejects(Array.fromAsync(extentsOf(source)), (error) =>
    isAnnealError(error, 'QCOW2_TABLE_INVALID'),
  )
})

test('a disk without bytes has no table, wherever its header puts it', async () => {
  const whole = await load('v3.qcow2')
  const header = new Uint8Array(await whole.read(0, whole.size))
  const view = new DataView(header.buffer)
  view.setBigUint64(24, 0n)
  view.setUint32(36, 0)
  view.setBigUint64(40, 2n ** 40n)
  const { source, warnings } = await openQcow2(fromBytes(header, 'empty'), { decompress })
  assert.deepEqual([source.size, warnings], [0, []])
})

describe('what is refused', () => {
  const REFUSALS = {
    corrupt: ['QCOW2_CORRUPT', /marked as corrupt/],
    'unknown-feature': ['QCOW2_FEATURE_UNKNOWN', /bit 5/],
    luks: ['QCOW2_ENCRYPTED', /LUKS/],
    aes: ['QCOW2_ENCRYPTED', /AES/],
    'overlay-raw': ['QCOW2_BACKING_FILE_REFUSED', /"base.raw"/],
    'data-file': ['QCOW2_DATA_FILE_REFUSED', /"data.raw"/],
  } as const
  for (const [name, [code, words]] of Object.entries(REFUSALS)) {
    test(`${name} is refused by name`, async () => {
      const opening = openQcow2(await load(`${name}.qcow2`), { decompress })
      await assert.rejects(opening, (error) => isAnnealError(error, code) && words.test(error.message))
    })
  }
})

test('a probe tells qcow2 from what is not, however short', async () => {
  assert.equal(await probeQcow2(await load('v2.qcow2')), true)
  assert.equal(await probeQcow2(await load('base.raw')), false)
  assert.equal(await probeQcow2({ size: 3, name: '', read: async () => new Uint8Array(3) }), false)
})
