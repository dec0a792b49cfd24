import { openFileSource } from '../../../adapters/image-source/index.ts'
import type { ByteSource } from '../../../bytes/index.ts'
import type { BootSet } from '../../../contract/index.ts'
import { liveMemoryMib } from '../../../core/index.ts'
import { fileOf, readSet, requireSize } from './read-boot-set.ts'

/** The files of a live set, open. Dispose of it when done. */
export type LiveFiles = AsyncDisposable &
  Readonly<{
    set: BootSet & Readonly<{ live: NonNullable<BootSet['live']> }>
    kernel: ByteSource
    ramdisk: ByteSource
    /** Absent where it lies in the ramdisk. */
    rootImage?: ByteSource
    /** Paths of all of them. */
    paths: readonly string[]
    /** What a machine needs at least. */
    memoryMib: number
  }>

/** What `anneal image convert --live` wrote; undefined for a set of another kind. Throws DEPLOY_IMAGE_SET, DOCUMENT_INVALID. */
export async function openLiveFiles(directory: string): Promise<LiveFiles | undefined> {
  const set = await readSet(directory)
  const { live, kernel, ramdisk } = set
  if (live === undefined || kernel === undefined || ramdisk === undefined) return undefined
  const isInRamdisk = live.file === ramdisk.file
  await using stack = new AsyncDisposableStack()
  const open = async ({
    file,
    sizeBytes,
  }: Readonly<{ file: string; sizeBytes: number }>): Promise<ByteSource> => {
    const source = stack.use(await openFileSource(fileOf(directory, file)))
    requireSize(directory, file, source.size, sizeBytes)
    return source
  }
  const files = { kernel: await open(kernel), ramdisk: await open(ramdisk) }
  const rootImage = isInRamdisk ? undefined : await open(live)
  const kept = stack.move()
  return {
    set: { ...set, live },
    ...files,
    ...(rootImage && { rootImage }),
    paths: [kernel, ramdisk, ...(isInRamdisk ? [] : [live])].map(({ file }) => fileOf(directory, file)),
    memoryMib: liveMemoryMib({
      ramdiskBytes: ramdisk.sizeBytes,
      rootImageBytes: live.sizeBytes,
      rootImageIn: isInRamdisk ? 'ramdisk' : 'file',
    }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
