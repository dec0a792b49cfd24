import assert from 'node:assert/strict'
import { test } from 'node:test'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { isAnnealError } from '../../core/index.ts'
import { FrameSplitter, readFrame } from './index.ts'

const SKIPPABLE = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3])
const EMPTY_SKIPPABLE = Buffer.from([0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0])

const contents = [
  Buffer.from('short'),
  Buffer.alloc(0),
  Buffer.alloc(700_000, 'again and again '),
  Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * index * 2_654_435_761) >>> 24)),
]
const withChecksum = { params: { [constants.ZSTD_c_checksumFlag]: 1 } }
const frames = contents.map((content, index) =>
  zstdCompressSync(content, index % 2 === 0 ? {} : withChecksum),
)

function split(stream: Uint8Array, pieceBytes: number): Uint8Array[] {
  const splitter = new FrameSplitter()
  const found: Uint8Array[][] = [[]]
  for (let at = 0; at < stream.length; at += pieceBytes) {
    for (const { bytes, endsFrame } of splitter.push(stream.subarray(at, at + pieceBytes))) {
      found.at(-1)?.push(bytes)
      if (endsFrame) found.push([])
    }
  }
  splitter.end()
  return found.slice(0, -1).map((parts) => Buffer.concat(parts))
}

test('a stream is cut into its frames, whatever the pieces that it comes in', () => {
  const stream = Buffer.concat([EMPTY_SKIPPABLE, ...frames, SKIPPABLE])
  for (const pieceBytes of [1, 2, 3, 7, 1000, stream.length]) {
    const found = split(stream, pieceBytes)
    assert.equal(found.length, contents.length)
    for (const [index, frame] of found.entries()) {
      assert.ok(zstdDecompressSync(frame).equals(contents[index] ?? Buffer.of(0)), `frame ${index}`)
    }
  }
})

test('a frame in memory tells how long it is and what it becomes', () => {
  for (const [index, frame] of frames.entries()) {
    const { kind, lengthBytes, contentBytes } = readFrame(Buffer.concat([frame, SKIPPABLE]))
    assert.deepEqual([kind, lengthBytes], ['data', frame.length])
    assert.ok(contentBytes === undefined || contentBytes === contents[index]?.length)
  }
  assert.equal(readFrame(SKIPPABLE).kind, 'skippable')
})

test('a stream that ends within a frame, or has no frame, is refused', () => {
  const frame = frames[2] ?? Buffer.of()
  for (const length of [1, 4, 5, 9, frame.length - 1]) {
    assert.throws(
      () => split(frame.subarray(0, length), 100),
      (error) => isAnnealError(error, 'ZSTD_FRAME_INVALID'),
    )
    assert.throws(
      () => readFrame(frame.subarray(0, length)),
      (error) => isAnnealError(error, 'STRUCTURE_TRUNCATED'),
    )
  }
  const isInvalid = (error: unknown): boolean => isAnnealError(error, 'ZSTD_FRAME_INVALID')
  assert.throws(() => split(Buffer.from('none at all'), 100), isInvalid)
  assert.throws(() => split(Buffer.concat([frame, Buffer.from('rest')]), 100), isInvalid)
})
