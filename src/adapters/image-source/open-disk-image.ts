import type { ByteSource, ReaderWarning } from '../../bytes/index.ts'
import { recogniseDiskImage, refuseOtherKinds } from '../../formats/disk-image/index.ts'
import type { DiskImageType } from '../../formats/disk-image/index.ts'
import type { Qcow2 } from '../../formats/qcow2/index.ts'
import { recognise } from '../../formats/recognise/index.ts'
import { openImageSource } from './open-image-source.ts'
import type { ImageSource, OpenImageOptions } from './open-image-source.ts'

/** A disk that is open. Dispose of it when done. */
export type DiskImage = AsyncDisposable &
  Readonly<{
    /** The disk itself, whatever it is packed in. */
    disk: ByteSource
    type: DiskImageType
    /** Which of its kinds, where the format has several: `dynamic`, `fixed`. */
    variant?: string
    /** Of the disk, where the format says it. */
    sectorSizeBytes?: 512 | 4096
    /** `none`, `gzip`, `tar in gzip`. */
    wrapper: string
    /** Of the file that was opened, in bytes: behind a wrapper, what it becomes. */
    imageBytes: number
    qcow2?: Omit<Qcow2, 'source' | 'warnings'>
    warnings: readonly ReaderWarning[]
  }> &
  Pick<ImageSource, 'unchanged'>

type Inside = Pick<DiskImage, 'disk' | 'variant' | 'sectorSizeBytes' | 'qcow2' | 'warnings'>

/**
 * Opens the disk in an image: raw, qcow2, VMDK, VDI, VHD or VHDX, compressed as a whole or not, a file, a device or an http(s)
 * address. Throws IMAGE_…, DISK_IMAGE_… and what the reader of the format throws.
 */
export async function openDiskImage(location: string, options: OpenImageOptions = {}): Promise<DiskImage> {
  await using stack = new AsyncDisposableStack()
  const image = stack.use(await openImageSource(location, options))
  const type = await recogniseDiskImage(image.source, options.signal)
  const inside = await openAs(type, image, options.signal)
  const kept = stack.move()
  return {
    ...inside,
    warnings: [...image.warnings, ...inside.warnings],
    type,
    wrapper: image.wrapper,
    imageBytes: image.source.size,
    unchanged: image.unchanged,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Readers are loaded when there is something to read with them. */
async function openAs(
  type: DiskImageType,
  { source, decompress, openOther }: ImageSource,
  signal: AbortSignal | undefined,
): Promise<Inside> {
  const options = signal === undefined ? {} : { signal }
  switch (type) {
    case 'raw':
      if ((await recognise(source, signal)) === undefined) await refuseOtherKinds(source, signal)
      return { disk: source, warnings: [] }
    case 'iso':
      return { disk: source, warnings: [] }
    case 'qcow2': {
      const { openQcow2 } = await import('../../formats/qcow2/index.ts')
      const other = openOther === undefined ? {} : { openOther }
      const {
        source: disk,
        warnings,
        ...qcow2
      } = await openQcow2(source, { decompress, ...other, ...options })
      return { disk, warnings, qcow2 }
    }
    case 'vmdk': {
      const { openVmdk } = await import('../../formats/vmdk/index.ts')
      const other = openOther === undefined ? {} : { openOther }
      const { source: disk, warnings, variant } = await openVmdk(source, { decompress, ...other, ...options })
      return { disk, warnings, variant }
    }
    case 'vhdx': {
      const { openVhdx } = await import('../../formats/vhdx/index.ts')
      const { source: disk, variant, sectorBytes } = await openVhdx(source, options)
      return { disk, warnings: [], variant, sectorSizeBytes: sectorBytes }
    }
    case 'vdi': {
      const { openVdi } = await import('../../formats/vdi/index.ts')
      const { source: disk, warnings, variant } = await openVdi(source, options)
      return { disk, warnings, variant }
    }
    case 'vhd': {
      const { openVhd } = await import('../../formats/vhd/index.ts')
      const { source: disk, warnings, variant } = await openVhd(source, options)
      return { disk, warnings, variant }
    }
  }
}
