import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { recogniseDiskImage, refuseOtherKinds } from '../../formats/disk-image/index.ts'
import type { DiskImageType } from '../../formats/disk-image/index.ts'
import { openQcow2 } from '../../formats/qcow2/index.ts'
import type { Qcow2 } from '../../formats/qcow2/index.ts'
import { recognise } from '../../formats/recognise/index.ts'
import { openImageSource } from './open-image-source.ts'
import type { OpenImageOptions } from './open-image-source.ts'

/** A disk that is open. Dispose of it when done. */
export type DiskImage = AsyncDisposable &
  Readonly<{
    /** The disk itself, whatever it is packed in. */
    disk: ByteSource
    type: DiskImageType
    /** `none`, `gzip`, `tar in gzip`. */
    wrapper: string
    /** Of the file that was opened, in bytes: behind a wrapper, what it becomes. */
    imageBytes: number
    qcow2?: Omit<Qcow2, 'source' | 'warnings'>
    warnings: readonly ReaderWarning[]
  }>

/**
 * Opens the disk in an image: raw or qcow2, compressed as a whole or not, a file, a device or an http(s) address. Throws
 * IMAGE_…, DISK_IMAGE_… and QCOW2_….
 */
export async function openDiskImage(location: string, options: OpenImageOptions = {}): Promise<DiskImage> {
  await using stack = new AsyncDisposableStack()
  const image = stack.use(await openImageSource(location, options))
  const { source, wrapper, decompress, openOther } = image
  const type = await recogniseDiskImage(source, options.signal, options.isoImages)
  const facts = { type, wrapper, imageBytes: source.size }
  if (type === 'raw') {
    if ((await recognise(source, options.signal)) === undefined) {
      await refuseOtherKinds(source, options.signal)
    }
    const kept = stack.move()
    return { disk: source, ...facts, warnings: [], [Symbol.asyncDispose]: () => kept.disposeAsync() }
  }
  const {
    source: disk,
    warnings,
    ...qcow2
  } = await openQcow2(source, {
    decompress,
    ...(openOther === undefined ? {} : { openOther }),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  })
  const kept = stack.move()
  return { disk, ...facts, qcow2, warnings, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
