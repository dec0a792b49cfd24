import { createGunzip, createZstdDecompress, constants } from 'node:zlib'
import { Readable } from 'node:stream'
import type { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ReadableStream } from 'node:stream/web'
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

/** Loaded when it is needed: it brings a decoder in WebAssembly. */
async function* unxzed(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  const { default: xz } = await import('xz-decompress')
  yield* new xz.XzReadableStream(ReadableStream.from(chunks))
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
