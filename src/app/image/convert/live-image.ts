import {
  conversionTools,
  hashTreeWriter,
  openOutputFolder,
  rootImageMaker,
} from '../../../adapters/convert/index.ts'
import { decompressedStream } from '../../../adapters/image-source/index.ts'
import { fromBytes } from '../../../bytes/index.ts'
import type { BootFile } from '../../../contract/index.ts'
import { isAnnealError } from '../../../core/index.ts'
import { ipxeScript } from '../../../image/convert/index.ts'
import { readInitramfs } from '../../../image/initramfs/index.ts'
import type { Initramfs, Unpack } from '../../../image/initramfs/index.ts'
import { archiveOf, planLive, raiseLive } from '../../../image/live/index.ts'
import type { LivePlan, RootWish, TreeTally } from '../../../image/live/index.ts'
import { storeLive } from '../../../runtime/image/index.ts'
import type { FileToStore, LiveJob } from '../../../runtime/image/index.ts'
import { aboutImage, knownBoot, openBoot, storedBytes, trioFiles } from './open-boot.ts'
import type { BootOptions, OpenedBoot } from './open-boot.ts'
import { bootNames } from './write-conversion.ts'
import type { ConversionTarget, ResultNames } from './write-conversion.ts'

export type LiveOptions = BootOptions &
  Readonly<{
    root: RootWish
  }>

/** A live image of which everything is known before the first byte is written. Dispose of it when done. */
export type PlannedLive = AsyncDisposable &
  Pick<OpenedBoot, 'unchanged'> &
  Readonly<{ job: LiveJob; boots: string }>

/**
 * Opens an image and plans a live image of it: reads metadata, the initramfs and small files, and writes nothing. Throws
 * what the readers and the contract throw, LIVE_… where it cannot be, and ROOT_IMAGE_NEEDS_PROGRAM.
 */
export async function planLiveImage(location: string, options: LiveOptions): Promise<PlannedLive> {
  const { root, signal } = options
  await using stack = new AsyncDisposableStack()
  const opened = await openBoot(stack, location, options)
  const { disk, inventory } = opened
  const contract = knownBoot(opened)
  const { kernel, ramdisk } = await trioFiles(disk, contract, signal)
  if (kernel === undefined || ramdisk === undefined) {
    const needed = 'initramfs at all'
    const remedy = 'make one in the image, with dracut and its module dmsquash-live'
    throw raiseLive('LIVE_INITRAMFS_LACKS', { image: disk.name, initramfs: 'none', needed, remedy })
  }
  const unpack: Unpack = (kind, packed) => decompressedStream(kind, packed, signal)
  const initramfs = await initramfsOf(disk.name, ramdisk, unpack, signal)
  const plan = await planLive(disk, inventory, contract, initramfs, root, unpack, signal)
  await rootImageMaker().require({ format: root.format, compression: plan.compression }, signal)
  const about = aboutImage(opened, location, plan)
  const kept = stack.move()
  return {
    boots: contract.title === '' ? contract.entry : contract.title,
    job: { kernel, ramdisk: withAdditions(ramdisk, plan), about, plan },
    unchanged: opened.unchanged,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Behind the initrds: the kernel unpacks one archive after the other. */
function withAdditions(ramdisk: FileToStore, { additions }: LivePlan): FileToStore {
  if (additions.length === 0) return ramdisk
  const path = `added: ${additions.map(({ name }) => `/${name}`).join(', ')}`
  return { ...ramdisk, from: [...ramdisk.from, { path, source: fromBytes(archiveOf(additions), path) }] }
}

async function initramfsOf(
  image: string,
  { from }: FileToStore,
  unpack: Unpack,
  signal: AbortSignal,
): Promise<Initramfs> {
  try {
    const sources = from.map(({ source }) => source)
    return await readInitramfs(sources, unpack, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (isAnnealError(error) && !isAnnealError(error, 'CPIO_DAMAGED')) throw error
    const why = error instanceof Error ? error.message : String(error)
    const path = from.map((one) => one.path).join(', ')
    throw raiseLive('LIVE_INITRAMFS_UNREADABLE', { image, path, why }, error)
  }
}

export function liveNames(
  { plan }: Pick<PlannedLive['job'], 'plan'>,
  { ipxe = false }: Pick<ConversionTarget, 'ipxe'>,
): ResultNames {
  const { place, format } = plan.root
  return [...(place.in === 'file' ? [`root.${format}`] : []), ...bootNames({ ipxe })]
}

/**
 * Writes kernel, ramdisk, root image and boot.json. Whatever fails, or an abort, leaves nothing behind. Throws OUTPUT_…,
 * ROOT_IMAGE_… and what the readers throw.
 */
export async function writeLiveImage(
  { job, unchanged }: PlannedLive,
  { directory, existing, ipxe = false }: ConversionTarget,
  {
    onProgress,
    signal,
  }: Readonly<{ onProgress?: (tally: Readonly<TreeTally>) => void; signal: AbortSignal }>,
): Promise<BootFile> {
  const { format } = job.plan.root
  const rootName = `root.${format}`
  const folder = await openOutputFolder({
    directory,
    names: liveNames(job, { ipxe }),
    existing,
    // How large the root image becomes is not known before.
    neededBytes: storedBytes(job),
    beforeCommit: unchanged,
  })
  return storeLive(
    { ...conversionTools(), rootImages: rootImageMaker(), hashTrees: hashTreeWriter(), folder },
    job,
    {
      rootName,
      extraFiles: ({ boot }) =>
        ipxe ? { 'boot.ipxe': ipxeScript(boot.commandLine, { kernel: 'kernel', ramdisk: 'ramdisk' }) } : {},
      onProgress: onProgress ?? (() => undefined),
    },
    signal,
  )
}
