import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, it } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { faulty, fromBytes } from '../../bytes/index.ts'
import type { UsedRange } from '../../image/convert/index.ts'
import { PiecePool } from './index.ts'

const BYTES = Uint8Array.from({ length: 300_000 }, (_, index) => index % 251)
const data = (offsetBytes: number, lengthBytes: number): UsedRange => ({
  offsetBytes,
  lengthBytes,
  kind: 'data',
})

describe('threads that pack pieces', () => {
  const pool = new PiecePool(2)

  it('give one frame with a checksum, and zeros where nothing is in use', async () => {
    const source = fromBytes(BYTES)
    const chunk = { offsetBytes: 4096, lengthBytes: 200_000, used: [data(4096, 1000), data(100_000, 2000)] }
    const { packed = assert.fail(), ...rest } = await pool.pack(source, chunk)
    const wanted = new Uint8Array(200_000)
    wanted.set(BYTES.subarray(4096, 5096))
    wanted.set(BYTES.subarray(100_000, 102_000), 100_000 - 4096)
    assert.deepEqual(new Uint8Array(zstdDecompressSync(packed)), wanted)
    assert.deepEqual(rest, { digest: hash('blake2b512', packed, 'hex') })
    // It is sent as it is, and kept: nothing more may hang on it.
    assert.equal(packed.buffer.byteLength, packed.length)
    // RFC 8878, 3.1.1.1.1: the flag of a content checksum.
    assert.equal((packed[4] ?? 0) & 4, 4)
  })

  it('give nothing for zeros', async () => {
    const source = fromBytes(new Uint8Array(100_000))
    assert.deepEqual(
      await pool.pack(source, { offsetBytes: 0, lengthBytes: 100_000, used: [data(0, 100_000)] }),
      {},
    )
  })

  it('many at a time are each what was asked for', async () => {
    const source = fromBytes(BYTES)
    const offsets = Array.from({ length: 40 }, (_, index) => index * 7000)
    const pieces = await Promise.all(
      offsets.map((at) => pool.pack(source, { offsetBytes: at, lengthBytes: 7000, used: [data(at, 7000)] })),
    )
    for (const [index, { packed = assert.fail() }] of pieces.entries()) {
      const at = offsets[index] ?? 0
      assert.deepEqual(new Uint8Array(zstdDecompressSync(packed)), BYTES.subarray(at, at + 7000))
    }
  })

  it('say what the reader says of what cannot be read', async () => {
    const source = faulty(fromBytes(BYTES), () => new Error('bad sector'))
    await assert.rejects(
      pool.pack(source, { offsetBytes: 0, lengthBytes: 100, used: [data(0, 100)] }),
      /bad sector/,
    )
  })
})
