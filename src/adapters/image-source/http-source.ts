import { cached, checkRange, fromBytes } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { parseAddress, redirected } from './address.ts'
import { fetchRange } from './http-ranges.ts'
import type { HttpOptions } from './http-ranges.ts'

/** The first request fetches so much: headers, partition tables and the first metadata of most images. */
const FIRST_BYTES = 256 * 1024
/** Metadata is fetched and kept in blocks of this size: what a round trip of 10 ms takes at 50 Mbit/s. */
const BLOCK_BYTES = 64 * 1024
const KEPT_BLOCKS = 512
const MAX_KEPT_READ_BYTES = 512 * 1024
const MAX_UNDER_WAY = 8

/**
 * A file on an HTTP(S) server, read by ranges over connections that are kept. The version seen first is the one that
 * is read: where the server tells versions apart (ETag, Last-Modified, size), another one in its place throws
 * IMAGE_CHANGED. Throws IMAGE_NO_RANGES, IMAGE_HTTP_FAILED.
 */
export async function openHttpSource(
  location: string,
  options: HttpOptions = {},
  signal?: AbortSignal,
): Promise<ByteSource> {
  const asked = parseAddress(location)
  const first = await fetchRange(asked, { offset: 0, length: FIRST_BYTES }, undefined, options, signal)
  const { pin } = first
  // A redirector may send each request to another mirror.
  const address = redirected(asked, first.url)
  if (pin.size <= first.bytes.length) return fromBytes(first.bytes, address.name)
  const limited = limiter(MAX_UNDER_WAY)
  const remote: ByteSource = {
    size: pin.size,
    name: address.name,
    async read(offset, length, readSignal) {
      checkRange(this, offset, length)
      if (length === 0) return new Uint8Array(0)
      if (offset + length <= first.bytes.length) return first.bytes.subarray(offset, offset + length)
      const range = { offset, length }
      return limited(async () => (await fetchRange(address, range, pin, options, readSignal)).bytes)
    },
  }
  return cached(remote, { blockBytes: BLOCK_BYTES, blocks: KEPT_BLOCKS, maxReadBytes: MAX_KEPT_READ_BYTES })
}

/** Lets no more than `most` run at a time; the others wait in order. */
function limiter(most: number): <T>(work: () => Promise<T>) => Promise<T> {
  let running = 0
  const waiting: (() => void)[] = []
  return async (work) => {
    if (running >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    running += 1
    try {
      return await work()
    } finally {
      running -= 1
      waiting.shift()?.()
    }
  }
}
