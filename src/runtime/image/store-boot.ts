import type { BootFile } from '../../contract/index.ts'
import type { ConversionWorld } from '../../ports/index.ts'
import type { Conversion } from './convert-image.ts'
import { storeFile, storeTexts } from './store-files.ts'

/**
 * Writes kernel, ramdisk and boot.json into the world's folder and commits it. Of the image is read what these are and
 * what leads to them. Whatever fails, or an abort, leaves nothing behind under any name.
 */
export async function storeBoot(
  world: ConversionWorld,
  { kernel, ramdisk, about }: Pick<Conversion, 'kernel' | 'ramdisk' | 'about'>,
  extraFiles: (boot: BootFile) => Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<BootFile> {
  try {
    // One after the other: over a network, that is how they are read.
    const storedKernel = await storeFile(world, kernel, signal)
    const storedRamdisk = await storeFile(world, ramdisk, signal)
    const boot: BootFile = {
      schema: 'anneal.boot/1',
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
