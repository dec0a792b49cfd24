import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it, test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { isAnnealError } from '../../core/index.ts'
import { endOf, extentsOf, patched, placesOf } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { isZeroChunk, planChunks } from '../../image/convert/index.ts'
import type { Chunk } from '../../image/convert/index.ts'
import type { ChunkResult } from '../../ports/index.ts'
import { openDiskImage } from '../image-source/index.ts'
import { orderOf } from './chunk-order.ts'
import { ChunkWork } from './chunk-work.ts'
import { conversionTools } from './index.ts'

const FIXTURES = join(import.meta.dirname, '../../formats/qcow2/fixtures')
/** Images that open: each has its expected content beside it. */
const NAMES = readdirSync(FIXTURES).flatMap((name) =>
  name.endsWith('.json') && name !== 'versions.json' ? [name.slice(0, -5)] : [],
)
const CHUNK_BYTES = 192 * 1024
const directory = mkdtempSync(join(tmpdir(), 'anneal-chunks-'))
after(() => rmSync(directory, { recursive: true }))
for (const name of readdirSync(FIXTURES).filter((one) => one.endsWith('.zst'))) {
  writeFileSync(join(directory, name.slice(0, -4)), zstdDecompressSync(readFileSync(join(FIXTURES, name))))
}
const { signal } = new AbortController()
const { chunks: converter } = conversionTools()

async function chunksOf(base: ByteSource, chunkBytes = CHUNK_BYTES): Promise<readonly Chunk[]> {
  const options = { sizeBytes: base.size, chunkBytes, freeSpace: 'skip' } as const
  return Array.fromAsync(planChunks(extentsOf(base), options))
}

async function hashOf(base: ByteSource, at: number, length: number): Promise<string> {
  return createHash('sha256')
    .update(await base.read(at, length))
    .digest('hex')
}

describe('what a thread fetches by itself is what the readers read', () => {
  for (const name of NAMES) {
    it(name, async () => {
      await using image = await openDiskImage(join(directory, `${name}.qcow2`), {
        otherFilesDirectory: directory,
        threads: 0,
      })
      const base = patched(image.disk, [{ offsetBytes: 70_000, bytes: new Uint8Array(100).fill(7) }])
      const work = new ChunkWork()
      let compared = 0
      // Starts and ends within clusters, too.
      for (const chunkBytes of [CHUNK_BYTES, 100_001]) {
        for (const chunk of await chunksOf(base, chunkBytes)) {
          const order = await orderOf(base, chunk, 'write', undefined, signal)
          assert.ok(
            order.steps.every(({ kind, at }) => kind !== 'given' || chunk.offsetBytes + at >= 70_000),
            'only what is patched is handed over',
          )
          const bytes = work.read(order)
          for (const { offsetBytes, lengthBytes } of chunk.used) {
            const at = offsetBytes - chunk.offsetBytes
            assert.equal(
              Buffer.compare(bytes.subarray(at, at + lengthBytes), await base.read(offsetBytes, lengthBytes)),
              0,
              `${lengthBytes} bytes at ${offsetBytes}`,
            )
            compared += lengthBytes
          }
        }
      }
      assert.ok(compared > 0)
    })
  }
})

test('chunks come in their order, hashed, as bytes and as frames; what no file holds is handed to the threads', async () => {
  await using image = await openDiskImage(join(directory, 'zlib.qcow2'), { threads: 0 })
  // Reads only, as an image on a server does.
  const remote: ByteSource = {
    size: image.disk.size,
    name: 'remote',
    read: (at, length) => image.disk.read(at, length),
    extents: image.disk.extents?.bind(image.disk) ?? assert.fail(),
  }
  for (const base of [image.disk, remote]) {
    const chunks = await chunksOf(base)
    for (const use of ['bytes', 'zstd'] as const) {
      const results: ChunkResult[] = []
      for await (const result of converter.convert({ base, use }, chunks, signal)) results.push(result)
      assert.deepEqual(
        results.map(({ chunk }) => chunk.offsetBytes),
        chunks.map(({ offsetBytes }) => offsetBytes),
      )
      assert.ok(chunks.some((chunk) => isZeroChunk(chunk)) && !chunks.every((chunk) => isZeroChunk(chunk)))
      for (const { chunk, bytes, mapped } of results) {
        assert.equal(bytes === undefined, isZeroChunk(chunk))
        const packed = bytes ?? new Uint8Array(chunk.lengthBytes)
        const whole = use === 'zstd' && bytes !== undefined ? zstdDecompressSync(packed) : packed
        assert.equal(Buffer.compare(whole, await base.read(chunk.offsetBytes, chunk.lengthBytes)), 0)
        for (const { offsetBytes, lengthBytes, sha256 } of mapped)
          assert.equal(sha256, await hashOf(base, offsetBytes, lengthBytes))
      }
    }
  }
})

test('a source without threads is read in pieces', async () => {
  await using image = await openDiskImage(join(directory, 'mixed.qcow2'), { threads: 0 })
  const hash = createHash('sha256')
  for await (const piece of converter.read(image.disk, signal)) hash.update(piece)
  assert.equal(hash.digest('hex'), await hashOf(image.disk, 0, image.disk.size))
})

test('damage has the code and the place of the reader’s error', async () => {
  const path = join(directory, 'damaged.qcow2')
  copyFileSync(join(directory, 'zlib.qcow2'), path)
  await using image = await openDiskImage(path, { threads: 0 })
  const [packed] = await Array.fromAsync(placesOf(image.disk, 0, image.disk.size)).then((places) =>
    places.filter(({ kind }) => kind === 'packed'),
  )
  assert.ok(packed?.kind === 'packed')
  writeSync(openSync(path, 'r+'), new Uint8Array(64).fill(255), 0, 64, packed.sourceOffsetBytes)
  const chunks = await chunksOf(image.disk)
  const all = Array.fromAsync(converter.convert({ base: image.disk, use: 'write' }, chunks, signal))
  await assert.rejects(
    all,
    (error) =>
      isAnnealError(error, 'QCOW2_CLUSTER_DAMAGED') &&
      error.message.includes(String(packed.sourceOffsetBytes)),
  )
  const read = Array.fromAsync(converter.read(image.disk, signal))
  await assert.rejects(read, (error) => isAnnealError(error, 'QCOW2_CLUSTER_DAMAGED'))
})

test('without digests the same bytes come, and nothing is hashed', async () => {
  await using image = await openDiskImage(join(directory, 'mixed.qcow2'), { threads: 0 })
  const chunks = await chunksOf(image.disk)
  const run = { base: image.disk, use: 'bytes' } as const
  const hashed = await Array.fromAsync(converter.convert(run, chunks, signal))
  const plain = await Array.fromAsync(converter.convert({ ...run, digests: 'none' }, chunks, signal))
  assert.ok(hashed.flatMap(({ mapped }) => mapped).every(({ sha256 }) => sha256 !== undefined))
  assert.ok(plain.flatMap(({ mapped }) => mapped).every(({ sha256 }) => sha256 === undefined))
  assert.deepEqual(
    plain.map(({ bytes, mapped }) => [bytes, mapped.length]),
    hashed.map(({ bytes, mapped }) => [bytes, mapped.length]),
  )
})

test('an output that takes no more data is an error that says so', async () => {
  await using image = await openDiskImage(join(directory, 'zlib.qcow2'), { threads: 0 })
  const job = { base: image.disk, use: 'write', outputPath: '/dev/full' } as const
  const all = Array.fromAsync(converter.convert(job, await chunksOf(image.disk), signal))
  await assert.rejects(
    all,
    (error) => isAnnealError(error, 'OUTPUT_UNWRITABLE') && error.message.includes('ENOSPC'),
  )
  const nowhere = converter.convert({ ...job, outputPath: join(directory, 'missing') }, [], signal)
  await assert.rejects(Array.fromAsync(nowhere), (error) => isAnnealError(error, 'OUTPUT_UNWRITABLE'))
})

test('an abort ends it, and nothing runs on', async () => {
  await using image = await openDiskImage(join(directory, 'zlib.qcow2'), { threads: 0 })
  const abort = new AbortController()
  const chunks = await chunksOf(image.disk)
  const seen: number[] = []
  const run = async (): Promise<void> => {
    for await (const { chunk } of converter.convert(
      { base: image.disk, use: 'bytes' },
      chunks,
      abort.signal,
    )) {
      seen.push(endOf(chunk))
      abort.abort(new Error('stop'))
    }
  }
  await assert.rejects(run(), /stop/)
  assert.equal(seen.length, 1)
})
