import type { ByteSource } from './source.ts'

/**
 * A source for tests: `fault` looks at each read and gives the error to throw, or the bytes to answer with (too few,
 * say, or changed ones); undefined lets the read through.
 */
export function faulty(
  source: ByteSource,
  fault: (offset: number, length: number, nth: number) => Error | Uint8Array | undefined,
): ByteSource {
  let reads = 0
  return {
    size: source.size,
    name: source.name,
    async read(offset, length, signal) {
      reads += 1
      const answer = fault(offset, length, reads)
      if (answer instanceof Error) throw answer
      return answer ?? source.read(offset, length, signal)
    },
    ...(source.extents === undefined ? {} : { extents: source.extents.bind(source) }),
  }
}
