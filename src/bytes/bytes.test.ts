import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { crc32 as zlibCrc32 } from 'node:zlib'
import { isAnnealError } from '../core/index.ts'
import {
  Cursor,
  at,
  bytes,
  cached,
  counting,
  crc32,
  crc32Raw,
  crc32c,
  extentsOf,
  faulty,
  formatGuid,
  formatUuid,
  fromBytes,
  mapped,
  overlayExtents,
  patched,
  safe64be,
  struct,
  text,
  u16le,
  windowOf,
  zeros,
} from './index.ts'
import type { ByteSource, Extent } from './index.ts'

const COUNT = fromBytes(Uint8Array.from({ length: 64 }, (_, index) => index))

describe('structures', () => {
  const HEADER = struct('header', 24, {
    magic: at(0, text(4)),
    version: at(4, u16le),
    size: at(8, safe64be),
    id: at(16, bytes(8)),
  })

  it('a table of offsets gives the values at them', () => {
    const block = new Uint8Array(32)
    block.set([0x41, 0x42, 0, 0x43, 0x02, 0x01], 0)
    block.set([0, 0, 0, 1, 0, 0, 0, 5], 8)
    block.fill(7, 16, 24)
    const { magic, version, size, id } = HEADER.read(block)
    assert.deepEqual([magic, version, size], ['AB', 0x102, 0x1_0000_0005])
    assert.deepEqual(id, new Uint8Array(8).fill(7))
  })

  it('a block that is shorter than its table is refused', () => {
    assert.throws(
      () => HEADER.read(new Uint8Array(23), 512),
      (error) => isAnnealError(error, 'STRUCTURE_TRUNCATED'),
    )
  })

  it('a 64-bit size that no disk has is refused', () => {
    const block = new Uint8Array(24)
    block.set([0, 0x20, 0, 0, 0, 0, 0, 0], 8)
    assert.throws(
      () => HEADER.read(block),
      (error) => isAnnealError(error, 'VALUE_TOO_LARGE'),
    )
    block.set([0, 0x1f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], 8)
    assert.equal(HEADER.read(block).size, Number.MAX_SAFE_INTEGER)
  })

  it('a cursor does not read beyond its block, whatever the width', () => {
    const cursor = new Cursor(new Uint8Array(7), 'block', 4096)
    for (const read of [
      () => cursor.u8(7),
      () => cursor.u16be(6),
      () => cursor.u32le(4),
      () => cursor.u64le(0),
    ]) {
      assert.throws(read, (error) => isAnnealError(error, 'STRUCTURE_TRUNCATED'))
    }
    assert.throws(
      () => cursor.slice(-1, 2),
      (error) => isAnnealError(error, 'STRUCTURE_TRUNCATED'),
    )
  })

  it('a table with a field beyond its size is a mistake of ours', () => {
    assert.throws(() => struct('bad', 3, { x: at(2, u16le) }), TypeError)
  })
})

describe('checksums', () => {
  const check = new TextEncoder().encode('123456789')

  it('give the published check values', () => {
    assert.equal(crc32(check), 0xcb_f4_39_26)
    assert.equal(crc32c(check), 0xe3_06_92_83)
  })

  it('agree with zlib on every length and alignment', () => {
    const data = Uint8Array.from({ length: 300 }, (_, index) => (index * 167 + 13) & 255)
    for (let start = 0; start < 9; start += 1) {
      for (let end = start; end < 300; end += 7) {
        assert.equal(crc32(data.subarray(start, end)), zlibCrc32(data.subarray(start, end)))
      }
    }
  })

  it('can be continued from the bare register', () => {
    const half = crc32Raw(~0, check.subarray(0, 4))
    assert.equal(~crc32Raw(half, check.subarray(4)) >>> 0, crc32(check))
  })
})

describe('identifiers', () => {
  const raw = Uint8Array.from({ length: 16 }, (_, index) => index)

  it('are written in the order of their kind', () => {
    assert.equal(formatUuid(raw), '00010203-0405-0607-0809-0a0b0c0d0e0f')
    assert.equal(formatGuid(raw), '03020100-0504-0706-0809-0a0b0c0d0e0f')
  })
})

describe('sources', () => {
  it('a read beyond the end is refused, and so is one that is no number', async () => {
    for (const [offset, length] of [
      [60, 5],
      [-1, 2],
      [0, Number.NaN],
      [65, 0],
    ] as const) {
      await assert.rejects(COUNT.read(offset, length), (error) => isAnnealError(error, 'READ_BEYOND_END'))
    }
  })

  it('an abort ends the reading of a hole', async () => {
    const hole = mapped([{ lengthBytes: 2 ** 40, hole: 'zero' }], 'hole')
    await assert.rejects(hole.read(0, 4096, AbortSignal.abort()), { name: 'AbortError' })
  })

  it('a mapped source reads across pieces and holes', async () => {
    const source = mapped(
      [
        { lengthBytes: 4, source: COUNT, sourceOffsetBytes: 10 },
        { lengthBytes: 3, hole: 'zero' },
        { lengthBytes: 4, source: COUNT, sourceOffsetBytes: 40 },
      ],
      'volume',
    )
    assert.deepEqual([...(await source.read(2, 8))], [12, 13, 0, 0, 0, 40, 41, 42])
    assert.deepEqual(await all(extentsOf(source)), ['0+4 data', '4+3 zero', '7+4 data'])
    assert.deepEqual(await all(extentsOf(source, 5, 3)), ['5+2 zero', '7+1 data'])
    assert.deepEqual([...(await source.read(11, 0))], [])
  })

  it('a window is cut out of what lies below, with its extents', async () => {
    const disk = mapped(
      [
        { lengthBytes: 64, source: COUNT, sourceOffsetBytes: 0 },
        { lengthBytes: 64, hole: 'unallocated' },
      ],
      'disk',
    )
    const partition = windowOf(disk, 60, 10, 'partition 1')
    assert.deepEqual([...(await partition.read(0, 5))], [60, 61, 62, 63, 0])
    assert.deepEqual(await all(extentsOf(partition)), ['0+4 data', '4+6 unallocated'])
  })

  it('a piece beyond its source is refused before anything is read', () => {
    assert.throws(
      () => windowOf(COUNT, 60, 5, 'partition 1'),
      (error) => isAnnealError(error, 'READ_BEYOND_END'),
    )
  })

  it('a patch changes what is read, and nothing else', async () => {
    const patches = [
      { offsetBytes: 30, bytes: new Uint8Array(4).fill(255) },
      { offsetBytes: 10, bytes: new Uint8Array(2).fill(254) },
    ]
    const source = patched(COUNT, patches)
    const read = [...(await source.read(0, 64))]
    const changed = read.flatMap((byte, index) => (byte === index ? [] : [index]))
    assert.deepEqual(changed, [10, 11, 30, 31, 32, 33])
    assert.deepEqual([...(await source.read(32, 3))], [255, 255, 34])
    assert.deepEqual([...(await COUNT.read(30, 1))], [30])
  })

  it('a patch leaves the bytes below alone, also where they are a Buffer, whose slice is no copy', async () => {
    const below = Buffer.from([1, 2, 3])
    await patched(fromBytes(below), [{ offsetBytes: 1, bytes: Uint8Array.of(9) }]).read(0, 3)
    assert.deepEqual([...below], [1, 2, 3])
  })

  it('patched bytes are data, also in a hole', async () => {
    const source = patched(zeros(100), [{ offsetBytes: 40, bytes: new Uint8Array(10).fill(1) }])
    assert.deepEqual(await all(extentsOf(source)), ['0+40 zero', '40+10 data', '50+50 zero'])
    assert.deepEqual(await all(extentsOf(source, 45, 10)), ['45+5 data', '50+5 zero'])
  })

  it('patches that overlap are a mistake of ours', () => {
    const bytesOf = (length: number): Uint8Array => new Uint8Array(length)
    assert.throws(
      () =>
        patched(COUNT, [
          { offsetBytes: 0, bytes: bytesOf(5) },
          { offsetBytes: 4, bytes: bytesOf(5) },
        ]),
      TypeError,
    )
  })

  it('extents of two layers are laid over one another: free wins, then zero', async () => {
    const layer = (...kinds: [number, Extent['kind']][]): ByteSource =>
      mapped(
        kinds.map(([lengthBytes, kind]) =>
          kind === 'data'
            ? { lengthBytes, source: COUNT, sourceOffsetBytes: 0 }
            : { lengthBytes, hole: kind },
        ),
        'layer',
      )
    const upper = layer([10, 'data'], [10, 'unallocated'], [20, 'data'])
    const lower = layer([5, 'zero'], [10, 'data'], [10, 'zero'], [15, 'data'])
    assert.deepEqual(await all(overlayExtents(extentsOf(upper), extentsOf(lower))), [
      '0+5 zero',
      '5+5 data',
      '10+5 unallocated',
      '15+5 unallocated',
      '20+5 zero',
      '25+15 data',
    ])
  })
})

describe('the cache', () => {
  it('fetches a block once, also for two who ask at a time', async () => {
    const { source, count } = counting(COUNT)
    const cache = cached(source, { blockBytes: 16, blocks: 4 })
    const [a, b] = await Promise.all([cache.read(3, 4), cache.read(5, 20)])
    assert.deepEqual([...a], [3, 4, 5, 6])
    assert.deepEqual(
      [...b],
      Array.from({ length: 20 }, (_, index) => index + 5),
    )
    assert.deepEqual([count.reads, count.bytes], [2, 32])
  })

  it('holds no more blocks than its limit, and drops the oldest', async () => {
    const { source, count } = counting(COUNT)
    const cache = cached(source, { blockBytes: 16, blocks: 2 })
    for (const offset of [0, 16, 0, 32, 0]) await cache.read(offset, 1)
    assert.equal(count.reads, 3)
    await cache.read(16, 1)
    assert.equal(count.reads, 4)
  })

  it('lets long reads pass by', async () => {
    const { source, count } = counting(COUNT)
    const cache = cached(source, { blockBytes: 8, blocks: 8, maxReadBytes: 16 })
    await cache.read(1, 40)
    assert.deepEqual([count.reads, count.bytes], [1, 40])
  })

  it('does not keep a failure', async () => {
    const source = faulty(COUNT, (_, __, nth) => (nth === 1 ? new Error('disk') : undefined))
    const cache = cached(source, { blockBytes: 16, blocks: 2 })
    await assert.rejects(cache.read(0, 4), /disk/)
    assert.deepEqual([...(await cache.read(0, 4))], [0, 1, 2, 3])
  })
})

async function all(extents: AsyncIterable<Extent>): Promise<string[]> {
  const texts: string[] = []
  for await (const { offsetBytes, lengthBytes, kind } of extents) {
    texts.push(`${offsetBytes}+${lengthBytes} ${kind}`)
  }
  return texts
}
