import { mapped, patched } from '../../bytes/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { openQcow2 } from '../../formats/qcow2/index.ts'
import { recogniseDiskImage } from '../../formats/disk-image/index.ts'
import type { BaseRecipe } from '../../ports/index.ts'
import { SYNC_DECOMPRESS, openImageSource } from '../image-source/index.ts'

/**
 * The base of a recipe, opened for this thread alone; it stays open until the thread ends. A thread decompresses for
 * itself. Throws as the image's reader does.
 */
export async function openBase({
  image,
  allowedDirectory,
  pieces,
  patches,
}: BaseRecipe): Promise<ByteSource> {
  const { source, openOther } = await openImageSource(image, {
    threads: 1,
    ...(allowedDirectory === undefined ? {} : { otherFilesDirectory: allowedDirectory }),
  })
  const disk =
    (await recogniseDiskImage(source)) === 'raw'
      ? source
      : (await openQcow2(source, { decompress: SYNC_DECOMPRESS, ...(openOther && { openOther }) })).source
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
