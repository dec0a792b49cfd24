import { BOOT_FILE_SCHEMA } from '../image/convert/index.ts'
import type { BootFile } from '../image/convert/index.ts'
import type { ConversionWorld } from '../ports/index.ts'
import type { Conversion } from './convert-image.ts'
import { storeFile, storeTexts } from './store-files.ts'

/** What boots, without what it boots: the base stays where it is. */
export type BootFilesOnly = Omit<BootFile, 'base'>

/**
 * Writes kernel, ramdisk and boot.json into the world's folder and commits it. Of the image is read what these are and
 * what leads to them. Whatever fails, or an abort, leaves nothing behind under any name.
 */
export async function storeBoot(
  world: ConversionWorld,
  { kernel, ramdisk, about }: Pick<Conversion, 'kernel' | 'ramdisk' | 'about'>,
  extraFiles: (boot: BootFilesOnly) => Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<BootFilesOnly> {
  try {
    // One after the other: over a network, that is how they are read.
    const storedKernel = await storeFile(world, kernel, signal)
    const storedRamdisk = await storeFile(world, ramdisk, signal)
    const boot: BootFilesOnly = {
      schema: BOOT_FILE_SCHEMA,
      ...about,
      ...(storedKernel === undefined ? {} : { kernel: storedKernel }),
      ...(storedRamdisk === undefined ? {} : { ramdisk: storedRamdisk }),
    }
    await storeTexts(world, boot, extraFiles(boot))
    signal.throwIfAborted()
    await world.folder.commit()
    return boot
  } finally {
    await world.folder.discard()
  }
}
