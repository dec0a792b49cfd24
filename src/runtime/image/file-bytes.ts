import { mapped } from '../../bytes/index.ts'
import type { ByteSource, Piece } from '../../bytes/index.ts'
import type { ChunkConverter } from '../../ports/index.ts'

/** Files of the system that are put together into one: the kernel, or its initrds. */
export type FileToStore = Readonly<{
  name: string
  from: readonly Readonly<{ path: string; source: ByteSource }>[]
}>

/**
 * The kernel takes several archives one behind the other, each at a multiple of four bytes (initramfs-buffer-format).
 * A piece holds good until the next is asked for.
 */
export async function* fileBytes(
  { from }: FileToStore,
  converter: ChunkConverter,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  let sizeBytes = 0
  for (const { source } of from) {
    if (sizeBytes % 4 !== 0) {
      const padding = new Uint8Array(4 - (sizeBytes % 4))
      sizeBytes += padding.length
      yield padding
    }
    yield* converter.read(source, signal)
    sizeBytes += source.size
  }
}

/** The same as one source. */
export function joinedFile({ name, from }: FileToStore): ByteSource {
  const [only] = from
  if (from.length === 1 && only !== undefined) return only.source
  const pieces = from.flatMap(({ source }, index): readonly Piece[] => {
    const padding = index === from.length - 1 ? 0 : (4 - (source.size % 4)) % 4
    return [
      { lengthBytes: source.size, source, sourceOffsetBytes: 0 },
      ...(padding === 0 ? [] : [{ lengthBytes: padding, hole: 'zero' } as const]),
    ]
  })
  return mapped(pieces, name)
}
