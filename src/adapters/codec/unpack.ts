import {
  constants,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  inflateRawSync,
  inflateSync,
  zstdDecompressSync,
} from 'node:zlib'
import type { Transform } from 'node:stream'
import type { Packing, Unpack } from '../../bytes/index.ts'
import { damaged } from './damaged.ts'

/** 8 MiB: units of file systems are smaller, and a frame may ask for 2 GiB. */
const ZSTD = { [constants.ZSTD_d_windowLogMax]: 23 } as const

type OwnDecoder = (packed: Uint8Array, into: Uint8Array, part: 'whole' | 'start') => number

/** Loaded when something is packed with it. */
const OWN: Readonly<Partial<Record<Packing, () => Promise<OwnDecoder>>>> = {
  lz4: async () => (await import('./lz4.ts')).unpackLz4,
  // Nobody asks for the start of a unit that is packed with LZO.
  lzo: async () => (await import('../../formats/lzo/index.ts')).decompressLzo1x,
  lzma: async () => (await import('./lzma.ts')).unpackLzmaAlone,
  microlzma: async () => (await import('./lzma.ts')).unpackMicroLzma,
  xz: async () => (await import('./xz.ts')).unpackXz,
}
const loaded = new Map<Packing, OwnDecoder>()

async function ownDecoder(packing: Packing): Promise<OwnDecoder | undefined> {
  const decoder = await OWN[packing]?.()
  if (decoder !== undefined) loaded.set(packing, decoder)
  return decoder
}

/** Decompresses where it is called: Node's zlib and Zstandard, and decoders of this folder for the others. */
export const unpack: Unpack = async (packing, packed, into, part) => {
  const own = loaded.get(packing) ?? (await ownDecoder(packing))
  if (own !== undefined) return own(packed, into, part)
  if (part === 'start') return startOf(streamOf(packing), packed, into)
  // One more than is needed: a chunk that is filled makes Node allocate the next.
  const options = { chunkSize: Math.max(into.length + 1, 64), maxOutputLength: Math.max(into.length, 1) }
  const bytes =
    packing === 'zlib'
      ? inflateSync(packed, options)
      : packing === 'deflate'
        ? inflateRawSync(packed, options)
        : zstdDecompressSync(packed, { ...options, params: ZSTD })
  if (bytes.length > into.length) throw damaged('it holds more than there is room for')
  into.set(bytes)
  return bytes.length
}

function streamOf(packing: Packing): Transform {
  if (packing === 'zlib') return createInflate()
  return packing === 'deflate' ? createInflateRaw() : createZstdDecompress({ params: ZSTD })
}

async function startOf(stream: Transform, packed: Uint8Array, into: Uint8Array): Promise<number> {
  let at = 0
  stream.end(packed)
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const taken = chunk.subarray(0, into.length - at)
    into.set(taken, at)
    at += taken.length
    if (at === into.length) break
  }
  return at
}
