import { createGunzip, createZstdDecompress, constants } from 'node:zlib'
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
import { setImmediate } from 'node:timers/promises'
import { FrameSplitter } from '../../formats/zstd/index.ts'
import { programStream } from './program-stream.ts'
import type { Compression } from './wrapper.ts'

type Chunks = AsyncIterable<Uint8Array>

/** What a wrapped stream becomes. Several members, streams or frames, one behind the other, are one image. */
export function decompressed(compression: Compression, chunks: Chunks): Chunks {
  if (compression === 'zstd') return zstdFrames(chunks)
  if (compression === 'gzip') return through(chunks, createGunzip({ chunkSize: 256 * 1024 }))
  if (compression === 'xz') return unxzed(chunks)
  return programStream(compression, ['-dc'], chunks)
}

/**
 * xz-decompress, loaded when it is needed: it brings a decoder in WebAssembly. That knows LZMA2 alone, and no SHA-256; what
 * has another check, or a filter for programs or samples in front, goes through the program xz.
 */
async function* unxzed(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  const { start, whole } = await peeked(chunks, XZ_START_BYTES)
  if (!decodedInPlace(start)) {
    yield* programStream('xz', ['-dc'], whole)
    return
  }
  const { default: xz } = await import('xz-decompress')
  let unpackedBytes = 0
  for await (const chunk of new xz.XzReadableStream(ReadableStream.from(whole))) {
    yield chunk
    unpackedBytes += chunk.length
    if (unpackedBytes < TURN_BYTES) continue
    unpackedBytes = 0
    await setImmediate()
  }
}

/** The decoder never waits while it has bytes to unpack, and a few kilobytes become a gigabyte: everybody else has a turn. */
const TURN_BYTES = 4 * 1024 * 1024

/** The stream's header, and of the first block's its size and flags (The .xz File Format 1.2.1, 2.1.1 and 3.1). */
const XZ_START_BYTES = 14
/** None, CRC32 and CRC64 (2.1.1.2). */
const CHECKS_IN_PLACE = [0x00, 0x01, 0x04]

/** True also for what is no xz, or has no block: the decoder tells. */
function decodedInPlace(start: Uint8Array): boolean {
  const [check = 0, blockHeader = 0, blockFlags = 0] = [start[7], start[12], start[13]]
  if (!CHECKS_IN_PLACE.includes(check & 0x0f)) return false
  // The number of filters less one; the last one of an xz is LZMA2. A size of 0 is the index of a stream without blocks.
  return blockHeader === 0 || (blockFlags & 0x03) === 0
}

/** The first `length` bytes, or all if there are fewer; and all of it, from the start on. */
async function peeked(chunks: Chunks, length: number): Promise<{ start: Uint8Array; whole: Chunks }> {
  const iterator = chunks[Symbol.asyncIterator]()
  const read: Uint8Array[] = []
  let readBytes = 0
  while (readBytes < length) {
    const next = await iterator.next()
    if (next.done === true) break
    read.push(next.value)
    readBytes += next.value.length
  }
  async function* whole(): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield* read
      yield* { [Symbol.asyncIterator]: () => iterator }
    } finally {
      await iterator.return?.()
    }
  }
  return { start: Buffer.concat(read).subarray(0, length), whole: whole() }
}

/** 128 MiB: what `zstd -d` takes without being asked for more. A stream may ask for 2 GiB of memory. */
const WINDOW_LOG_MAX = 27

/**
 * Node's own stream ends without an error after some frame of several: so each frame gets a stream of its own.
 */
async function* zstdFrames(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  const parts = partsOf(chunks)
  for (let first = await parts.next(); first.done !== true; first = await parts.next()) {
    const { value } = first
    const frame = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
      let part = value
      for (;;) {
        yield part.bytes
        if (part.endsFrame) return
        const next = await parts.next()
        if (next.done === true) return
        part = next.value
      }
    }
    const decompressor = createZstdDecompress({
      chunkSize: 256 * 1024,
      params: { [constants.ZSTD_d_windowLogMax]: WINDOW_LOG_MAX },
    })
    yield* through(frame(), decompressor)
  }
}

async function* partsOf(chunks: Chunks) {
  const splitter = new FrameSplitter()
  for await (const chunk of chunks) yield* splitter.push(chunk)
  splitter.end()
}

/** Errors of either side come out here, also those that come after the last byte. */
async function* through(chunks: Chunks, transform: Transform): AsyncGenerator<Uint8Array, void, undefined> {
  const work = pipeline(Readable.from(chunks, { objectMode: false }), transform)
  work.catch(() => undefined)
  yield* transform as AsyncIterable<Uint8Array>
  await work
}
