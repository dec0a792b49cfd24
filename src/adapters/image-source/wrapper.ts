import type { ByteSource } from '../../bytes/index.ts'

/** What the whole image is compressed with. */
export type Wrapper = 'none' | 'gzip' | 'xz' | 'zstd'

const MAGICS: Readonly<Record<Exclude<Wrapper, 'none'>, readonly number[]>> = {
  // RFC 1952, 2.3.1, with the only method there is.
  gzip: [0x1f, 0x8b, 0x08],
  xz: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00],
  zstd: [0x28, 0xb5, 0x2f, 0xfd],
}

/** By the first bytes; names say nothing. */
export async function recogniseWrapper(source: ByteSource): Promise<Wrapper> {
  const start = await source.read(0, Math.min(8, source.size))
  for (const [wrapper, magic] of Object.entries(MAGICS) as [Exclude<Wrapper, 'none'>, readonly number[]][]) {
    if (start.length >= magic.length && magic.every((byte, index) => start[index] === byte)) return wrapper
  }
  // A skippable frame may come first (RFC 8878, 3.1.2): pzstd writes one.
  const [first = 0, ...rest] = start
  const skippable = first >>> 4 === 5 && rest[0] === 0x2a && rest[1] === 0x4d && rest[2] === 0x18
  return skippable ? 'zstd' : 'none'
}
