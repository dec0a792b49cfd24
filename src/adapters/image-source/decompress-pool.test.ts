import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  constants,
  createInflateRaw,
  createZstdDecompress,
  deflateRawSync,
  zstdCompressSync,
} from 'node:zlib'
import { directExpander, expandAll, expandByStream } from '../codec/index.ts'
import { decompressPool } from './index.ts'

const CLUSTER = 65_536

/** Different for each number, and compressible. */
function cluster(seed: number): Uint8Array {
  const bytes = new Uint8Array(CLUSTER)
  for (let at = 0; at < CLUSTER; at += 16) bytes.fill(((at >>> 4) * (seed + 1)) & 0x3f, at, at + 16)
  return bytes
}

const trailing = Buffer.from('what follows in the sector')

test('more clusters than are done in place come out right, in any mixture of codecs', async () => {
  await using pool = decompressPool({ threads: 2 })
  await Promise.all(
    Array.from({ length: 200 }, async (_, seed) => {
      const into = new Uint8Array(CLUSTER)
      const plain = cluster(seed)
      if (seed % 3 === 0) await pool.zstd(Buffer.concat([zstdCompressSync(plain), trailing]), into)
      else await pool.inflateRaw(Buffer.concat([deflateRawSync(plain), trailing]), into)
      assert.ok(Buffer.from(plain).equals(into), `cluster ${seed}`)
    }),
  )
})

test('a cluster of several zstd frames, one of them to be skipped, is one cluster', async () => {
  await using pool = decompressPool({ threads: 1 })
  const plain = cluster(7)
  const skippable = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 9, 9])
  const frames = [
    zstdCompressSync(plain.subarray(0, 1000)),
    skippable,
    zstdCompressSync(plain.subarray(1000)),
  ]
  const into = new Uint8Array(CLUSTER)
  await pool.zstd(Buffer.concat([...frames, trailing]), into)
  assert.deepEqual(into, plain)
})

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  return bytes.with(at, (bytes[at] ?? 0) ^ 0xff)
}

test('both ways of decompressing give the same, good and bad', () => {
  const noise = Uint8Array.from({ length: CLUSTER }, (_, index) => (index * 2_654_435_761) >>> 24)
  const contents = [
    cluster(3),
    noise,
    new Uint8Array(CLUSTER),
    noise.subarray(1),
    new Uint8Array(CLUSTER + 1),
  ]
  const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
  const packers = [
    ['deflate', deflateRawSync],
    ['zstd', zstdCompressSync],
    ['zstd', (content: Uint8Array) => zstdCompressSync(content, checked)],
  ] as const
  for (const [codec, pack] of packers) {
    for (const [index, content] of contents.entries()) {
      const packed = pack(content)
      // What is bad stands between what is good: it must leave nothing behind in the codec.
      for (const piece of [
        packed,
        Buffer.concat([packed, trailing]),
        packed.subarray(0, packed.length - 9),
        packed,
        flipped(packed, Math.floor(packed.length / 2)),
        packed,
        flipped(packed, packed.length - 1),
        packed,
      ]) {
        const [ours, theirs] = [new Uint8Array(CLUSTER), new Uint8Array(CLUSTER)]
        const bad = expandAll(codec, piece, Uint32Array.of(0, piece.length), CLUSTER, ours)
        let good = false
        try {
          good = expandByStream(codec, piece, theirs)
        } catch {
          good = false
        }
        assert.equal(bad.length === 0, good, `${codec} ${index}`)
        if (good) assert.deepEqual(ours, theirs)
      }
    }
  }
})

test('the pinned Node has what the fast way stands on, and another one is not trusted', () => {
  assert.notEqual(
    directExpander(() => createInflateRaw(), constants.Z_SYNC_FLUSH, 'needs a reset'),
    undefined,
  )
  assert.notEqual(
    directExpander(() => createZstdDecompress(), constants.ZSTD_e_continue, 'begins anew'),
    undefined,
  )
  assert.equal(
    directExpander(() => ({}), 0, 'begins anew'),
    undefined,
  )
  assert.equal(
    directExpander(() => ({ _handle: {}, _writeState: new Uint32Array(2) }), 0, 'begins anew'),
    undefined,
  )
})

test('a damaged cluster rejects, and those beside it do not', async () => {
  await using pool = decompressPool({ threads: 1 })
  const good = deflateRawSync(cluster(1))
  const long = deflateRawSync(new Uint8Array(CLUSTER + 1))
  const short = deflateRawSync(new Uint8Array(CLUSTER - 1))
  const noise = Uint8Array.from({ length: 100 }, () => 0xff)
  const zstd = zstdCompressSync(cluster(1)).subarray(0, 40)
  // The first ones are done in place, the last ones by the threads.
  for (let round = 0; round < 30; round += 1) {
    const one = (bytes: Uint8Array) => pool.inflateRaw(bytes, new Uint8Array(CLUSTER))
    const results = await Promise.allSettled([
      one(good),
      one(long),
      one(short),
      one(noise),
      pool.zstd(zstd, new Uint8Array(CLUSTER)),
      one(good),
    ])
    const words = results.map(({ status }) => status)
    assert.deepEqual(words, ['fulfilled', 'rejected', 'rejected', 'rejected', 'rejected', 'fulfilled'])
  }
})

test('a running job rejects when the pool is disposed of', async () => {
  const pool = decompressPool({ threads: 1 })
  const packed = deflateRawSync(cluster(1))
  const results = Array.from({ length: 500 }, () => pool.inflateRaw(packed, new Uint8Array(CLUSTER)))
  const settled = Promise.allSettled(results)
  await pool[Symbol.asyncDispose]()
  const rejected = (await settled).filter(({ status }) => status === 'rejected')
  assert.ok(rejected.length > 0)
  await assert.rejects(pool.inflateRaw(packed, new Uint8Array(CLUSTER)), /closed/)
})
