import { decompressedStream } from '../../../adapters/image-source/index.ts'
import { patched } from '../../../bytes/index.ts'
import { isContainerAddress } from '../../../formats/oci/index.ts'
import { planConversion } from '../../../image/convert/index.ts'
import type { Base } from '../../../image/convert/index.ts'
import { sectorSizeOf } from '../../../image/stack/index.ts'
import type { Conversion } from '../../../runtime/image/index.ts'
import { raise } from '../../errors.ts'
import { FORMAT_READERS } from '../open-image.ts'
import { aboutImage, knownBoot, openBoot, trioFiles } from './open-boot.ts'
import type { BootOptions, OpenedBoot } from './open-boot.ts'

export type WhatToConvert = BootOptions &
  Readonly<{
    /** `disk`: the disk as it is, with its own boot loader, instead of kernel, ramdisk and root. Default: `root`. */
    what?: 'root' | 'disk'
    /** `keep` leaves mounts in the fstab that will not be there. Default: `edit`. */
    mounts?: 'edit' | 'keep'
  }>

/** An image that is open, and what its conversion gives. Dispose of it when done. */
export type OpenedConversion = AsyncDisposable &
  Readonly<{ opened: OpenedBoot; base: Base; conversion: Conversion }>

/**
 * Opens an image to convert it: reads metadata only. `threads` decompress what is read of it later, as many as there are
 * processors where nothing is said. Throws what the readers, the contract and the plan throw.
 */
export async function openConversion(
  location: string,
  options: WhatToConvert,
  threads?: number,
): Promise<OpenedConversion> {
  const { what = 'root', mounts = 'edit', signal } = options
  if (isContainerAddress(location)) throw raise('IMAGE_IS_A_CONTAINER', { image: location })
  await using stack = new AsyncDisposableStack()
  const opened = await openBoot(stack, location, options, threads)
  const { disk, inventory, choices } = opened
  const contract = what === 'disk' ? undefined : knownBoot(opened)
  const { base, patches, ...told } = await planConversion(disk, inventory, {
    ...(contract === undefined ? { what: 'disk' } : { what: 'root', contract }),
    arguments: choices,
    mounts,
    readers: FORMAT_READERS,
    unpack: (kind, packed) => decompressedStream(kind, packed, signal),
    signal,
  })
  const sectorSizeBytes = sectorSizeOf(disk)
  const conversion: Conversion = {
    ...(contract === undefined ? {} : await trioFiles(disk, contract, signal)),
    base: {
      source: patched(base.source, patches),
      pieces: base.pieces,
      patches,
      from: base.node.address === '' ? 'disk' : base.node.address,
      holds: base.holds,
      ...(sectorSizeBytes !== undefined && { sectorSizeBytes }),
    },
    extents: (asked, layers) => base.extents(asked, layers),
    about: aboutImage(opened, location, told),
  }
  const kept = stack.move()
  return { opened, base, conversion, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
