import type { ByteSource } from '../../bytes/index.ts'
import { isTarHeader } from '../../formats/tar/index.ts'

/** What a whole image is compressed with. */
export type Compression = 'gzip' | 'xz' | 'zstd' | 'bzip2' | 'lz4' | 'lzop'
export type Archive = 'tar' | 'zip'

const MAGICS: readonly (readonly [Compression | Archive, readonly number[]])[] = [
  // RFC 1952, 2.3.1, with the only method there is.
  ['gzip', [0x1f, 0x8b, 0x08]],
  ['xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]],
  ['zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  // `BZh`, a level, and the magic of the first block or of the end.
  ['bzip2', [0x42, 0x5a, 0x68, -1, 0x31, 0x41, 0x59, 0x26, 0x53, 0x59]],
  ['bzip2', [0x42, 0x5a, 0x68, -1, 0x17, 0x72, 0x45, 0x38, 0x50, 0x90]],
  // The frame format; the legacy one has no checksum, and is that of kernels.
  ['lz4', [0x04, 0x22, 0x4d, 0x18]],
  ['lzop', [0x89, 0x4c, 0x5a, 0x4f, 0x00, 0x0d, 0x0a, 0x1a, 0x0a]],
  ['zip', [0x50, 0x4b, 0x03, 0x04]],
]
const HEAD_BYTES = 512
/** What tells a compression. */
export const MAGIC_BYTES = 10

export async function recogniseWrapper(source: ByteSource): Promise<Compression | Archive | undefined> {
  return wrapperOf(await source.read(0, Math.min(HEAD_BYTES, source.size)))
}

/** By the first bytes; names say nothing. */
export function wrapperOf(start: Uint8Array): Compression | Archive | undefined {
  for (const [wrapper, magic] of MAGICS) {
    if (magic.every((byte, index) => byte === -1 || start[index] === byte)) return wrapper
  }
  // A skippable frame may come first (RFC 8878, 3.1.2): pzstd writes one.
  const [first = 0, ...rest] = start
  const skippable = first >>> 4 === 5 && rest[0] === 0x2a && rest[1] === 0x4d && rest[2] === 0x18
  if (skippable) return 'zstd'
  return isTarHeader(start) ? 'tar' : undefined
}
