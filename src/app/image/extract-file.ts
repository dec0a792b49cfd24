import { lstat, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { systemReason } from '../../core/index.ts'
import { streamOf } from '../../adapters/image-source/index.ts'
import type { ByteSource } from '../../bytes/index.ts'
import { walkPath } from '../../formats/filesystem/index.ts'
import { raise } from '../errors.ts'
import { placeOf } from './open-image.ts'
import type { ImagePlace, OpenedImage } from './open-image.ts'

/**
 * The bytes of a regular file in any layer of an image, piece by piece. `place` is `ADDRESS:PATH`, see `placeOf`. Throws
 * IMAGE_PATH_NOT_A_FILE.
 */
export async function* readFile(
  { stack }: Pick<OpenedImage, 'stack'>,
  place: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* streamOf(await openFile(await placeOf(stack, place, signal), signal), signal)
}

/**
 * Copies a file out of any layer of an image to the file `target`. Throws IMAGE_PATH_NOT_A_FILE, FILE_EXISTS and
 * FILE_UNWRITABLE.
 */
export async function extractFile(
  { stack }: Pick<OpenedImage, 'stack'>,
  from: string,
  {
    target,
    existing,
    mode = 'apply',
    signal,
  }: Readonly<{
    target: string
    existing: 'refuse' | 'replace'
    /** `plan` writes nothing. */
    mode?: 'plan' | 'apply'
    signal: AbortSignal
  }>,
): Promise<Readonly<{ file: string; sizeBytes: number }>> {
  const source = await openFile(await placeOf(stack, from, signal), signal)
  await refuseToReplace(target, existing === 'replace' ? 'files' : 'nothing')
  if (mode === 'apply') await writeWhole(source, target, signal)
  return { file: target, sizeBytes: source.size }
}

async function openFile({ volume, path, root }: ImagePlace, signal: AbortSignal): Promise<ByteSource> {
  const found = await walkPath(volume.fileSystem, path, { root, lastLink: 'follow', signal })
  if (found.kind !== 'file') throw raise('IMAGE_PATH_NOT_A_FILE', { path, kind: found.kind })
  return volume.fileSystem.open(found.id, signal)
}

/** Throws FILE_EXISTS. A device or a directory is never replaced. */
async function refuseToReplace(target: string, replaceable: 'files' | 'nothing'): Promise<void> {
  const there = await lstat(target).catch(() => undefined)
  if (there === undefined || (replaceable === 'files' && there.isFile())) return
  throw raise('FILE_EXISTS', { file: target, kind: there.isFile() ? 'a file' : 'something else than a file' })
}

/** Nothing stands under the name before all of it is there. Throws FILE_UNWRITABLE. */
async function writeWhole(source: ByteSource, target: string, signal: AbortSignal): Promise<void> {
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}.partial`)
  const writing = <T>(work: Promise<T>): Promise<T> =>
    work.catch((error: Error) => {
      const isAbsent = (error as NodeJS.ErrnoException).code === 'ENOENT'
      const why = isAbsent ? `there is no directory "${dirname(target)}"` : systemReason(error)
      throw raise('FILE_UNWRITABLE', { file: target, why }, error)
    })
  try {
    const file = await writing(open(partial, 'w'))
    try {
      for await (const chunk of streamOf(source, signal)) await writing(file.writeFile(chunk))
    } finally {
      // A full disk is told here, where it is another machine's.
      await writing(file.close())
    }
    await writing(rename(partial, target))
  } catch (error) {
    await rm(partial, { force: true })
    throw error
  }
}
