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
import { decompressLzo1x } from '../../formats/lzo/index.ts'
import { damaged } from './damaged.ts'
import { unpackLz4 } from './lz4.ts'
import { unpackLzmaAlone, unpackMicroLzma } from './lzma.ts'
import { unpackXz } from './xz.ts'

/** 8 MiB: units of file systems are smaller, and a frame may ask for 2 GiB. */
const ZSTD = { [constants.ZSTD_d_windowLogMax]: 23 } as const

type OwnDecoder = (packed: Uint8Array, into: Uint8Array, part: 'whole' | 'start') => number

const OWN: Readonly<Partial<Record<Packing, OwnDecoder>>> = {
  lz4: unpackLz4,
  // Nobody asks for the start of a unit that is packed with LZO.
  lzo: (packed, into) => decompressLzo1x(packed, into),
  lzma: unpackLzmaAlone,
  microlzma: unpackMicroLzma,
  xz: unpackXz,
}

/** Decompresses where it is called: Node's zlib and Zstandard, and decoders of this folder for the others. */
export const unpack: Unpack = async (packing, packed, into, part) => {
  const own = OWN[packing]
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
