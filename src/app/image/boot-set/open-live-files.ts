import type { ByteSource } from '../../../bytes/index.ts'
import type { BootSet } from '../../../contract/index.ts'
import { liveMemoryMib } from '../../../core/index.ts'
import { fileOf, openSetFile, readSet } from './read-boot-set.ts'

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
  const files = {
    kernel: stack.use(await openSetFile(directory, kernel)),
    ramdisk: stack.use(await openSetFile(directory, ramdisk)),
  }
  const rootImage = isInRamdisk ? undefined : stack.use(await openSetFile(directory, live))
  const kept = stack.move()
  return {
    set: { ...set, live },
    ...files,
    ...(rootImage && { rootImage }),
    paths: [kernel, ramdisk, ...(isInRamdisk ? [] : [live])].map(({ file }) => fileOf(directory, file)),
    memoryMib: liveMemoryMib({ ramdisk, live }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}
