import { mapped, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { openQcow2, probeQcow2 } from '../../formats/qcow2/index.ts'
import type { BaseRecipe } from '../../ports/index.ts'
import { SYNC_DECOMPRESS, openFileSource } from '../image-source/index.ts'

/** The base of a recipe, opened for this thread alone. Throws as the image's reader does. */
export async function openBase({ image, pieces, patches }: BaseRecipe): Promise<ByteSource> {
  const file = await openFileSource(image)
  const disk = (await probeQcow2(file))
    ? (await openQcow2(file, { decompress: SYNC_DECOMPRESS })).source
    : file
  const base = mapped(
    pieces.map(({ diskOffsetBytes, lengthBytes }) => ({
      source: disk,
      sourceOffsetBytes: diskOffsetBytes,
      lengthBytes,
    })),
    image,
  )
  return patched(base, patches)
}
