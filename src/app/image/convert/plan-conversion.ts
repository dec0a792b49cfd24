import { chooseEntry } from '../../../image/boot/index.ts'
import type { BootContract } from '../../../image/boot/index.ts'
import { describeContract } from '../../../image/convert/index.ts'
import { planBase, usedBytesIn } from '../../../runtime/image/index.ts'
import type { BaseJob, Conversion } from '../../../runtime/image/index.ts'
import { aboutImage, knownBoot, openBoot, trioFiles } from './open-boot.ts'
import type { BootOptions, OpenedBoot } from './open-boot.ts'
import { openConversion } from './open-conversion.ts'
import { planShrink } from './shrink-base.ts'
import type { PlannedShrink } from './shrink-base.ts'
import type { WhatToConvert } from './open-conversion.ts'

/** Threads of the conversion decompress for themselves; here it is metadata, kernel and ramdisk. */
const NO_THREADS = 0

export type ConversionOptions = WhatToConvert &
  Readonly<{
    /** `exact` reads, writes and digests free space, too, as it is in the image. Default: `skip`. */
    freeSpace?: 'skip' | 'exact'
    /** `shrink`: the base is made as small as what is in use, and some room. Default: `keep`. */
    size?: 'keep' | 'shrink'
    /** `none`: no digest is made of the base. Default: `make`. */
    digests?: 'make' | 'none'
  }>

/** A conversion of which everything is known before the first byte is written. Dispose of it when done. */
export type PlannedConversion = AsyncDisposable &
  Pick<OpenedBoot, 'unchanged'> &
  Readonly<{
    /** The entry that boots. Undefined for a whole disk of which it is not known how it boots. */
    boots: Readonly<{ id: string; title: string }> | undefined
    conversion: Conversion
    job: BaseJob
    freeSpace: 'skip' | 'exact'
    /** How the base will be made smaller. */
    shrink?: PlannedShrink
    /** What of the base is in use. */
    usedBytes: number
  }>

/** Kernel and ramdisk of an image, without a base. Dispose of it when done. */
export type PlannedBootFiles = AsyncDisposable &
  Pick<OpenedBoot, 'unchanged'> &
  Readonly<{
    contract: BootContract
    files: Pick<Conversion, 'kernel' | 'ramdisk' | 'about'>
  }>

/**
 * Opens an image and plans its conversion: reads metadata only, and writes nothing. Throws what the readers, the contract
 * and the plan throw.
 */
export async function planConversion(
  location: string,
  options: ConversionOptions,
): Promise<PlannedConversion> {
  const { freeSpace = 'skip', digests = 'make', size = 'keep', signal } = options
  await using stack = new AsyncDisposableStack()
  const { opened, base, conversion: whole } = stack.use(await openConversion(location, options, NO_THREADS))
  const smaller = size === 'keep' ? undefined : await planShrink(opened, base, whole, signal)
  const conversion = smaller?.conversion ?? whole
  const { disk, inventory, choices } = opened
  const planned = await planBase(conversion, freeSpace, signal)
  const job = digests === 'none' ? { ...planned, digests } : planned
  const usedBytes = usedBytesIn(job)
  const kept = stack.move()
  return {
    boots: inventory.entries.length === 0 ? undefined : chooseEntry(disk, inventory, choices.deployment),
    conversion,
    job,
    freeSpace,
    usedBytes,
    unchanged: opened.unchanged,
    ...(smaller && { shrink: smaller.shrink }),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Opens an image for its kernel and ramdisk: it looks for no base, and edits no fstab. Writes nothing. */
export async function planBootFiles(location: string, options: BootOptions): Promise<PlannedBootFiles> {
  await using stack = new AsyncDisposableStack()
  const opened = await openBoot(stack, location, options, NO_THREADS)
  const contract = knownBoot(opened)
  const about = aboutImage(opened, location, {
    changes: [],
    ...describeContract(opened.inventory, contract),
  })
  const files = { ...(await trioFiles(opened.disk, contract, options.signal)), about }
  const kept = stack.move()
  return { contract, files, unchanged: opened.unchanged, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}
