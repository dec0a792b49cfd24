import type { ByteSource } from '../../bytes/index.ts'

/** Bytes from the first to the last, of which some are skipped. */
export interface ByteFeed {
  /** For messages. */
  readonly name: string
  /** How far it is. */
  readonly at: number
  /** Fewer at the end. */
  take(lengthBytes: number): Promise<Uint8Array>
  /** Throws nothing at the end: the next `take` gives nothing. */
  skip(lengthBytes: number): Promise<void>
}

/** What is skipped of a source is not read. */
export function feedOfSource(source: ByteSource, from: number, signal?: AbortSignal): ByteFeed {
  let at = from
  return {
    name: source.name,
    get at() {
      return at
    },
    async take(lengthBytes) {
      const length = Math.max(0, Math.min(lengthBytes, source.size - at))
      const bytes = await source.read(Math.min(at, source.size), length, signal)
      at += length
      return bytes
    },
    async skip(lengthBytes) {
      at += lengthBytes
    },
  }
}

/** Of a stream no more is kept than one chunk and what is asked for. */
export function feedOfChunks(name: string, chunks: AsyncIterable<Uint8Array>): ByteFeed {
  const iterator = chunks[Symbol.asyncIterator]()
  let chunk = new Uint8Array(0)
  let at = 0
  const more = async (): Promise<boolean> => {
    const { done, value } = await iterator.next()
    if (done === true) return false
    chunk = new Uint8Array(value.buffer as ArrayBuffer, value.byteOffset, value.byteLength)
    return true
  }
  const eat = async (lengthBytes: number, take: (part: Uint8Array) => void): Promise<void> => {
    for (let left = lengthBytes; left > 0;) {
      if (chunk.length === 0 && !(await more())) return
      const part = chunk.subarray(0, left)
      chunk = chunk.subarray(part.length)
      left -= part.length
      at += part.length
      take(part)
    }
  }
  return {
    name,
    get at() {
      return at
    },
    async take(lengthBytes) {
      const bytes = new Uint8Array(lengthBytes)
      let filled = 0
      await eat(lengthBytes, (part) => {
        bytes.set(part, filled)
        filled += part.length
      })
      return bytes.subarray(0, filled)
    },
    skip: (lengthBytes) => eat(lengthBytes, () => undefined),
  }
}
