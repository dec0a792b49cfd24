import { ALGORITHMS } from '../../../adapters/codec/index.ts'
import { openDiskImage } from '../../../adapters/image-source/index.ts'
import type { DiskImage } from '../../../adapters/image-source/index.ts'
import { patched } from '../../../bytes/index.ts'
import {
  chooseEntry,
  findBoot,
  makeContract,
  openBootFile,
  requireOneFirmware,
  requireUndamaged,
} from '../../../image/boot/index.ts'
import type { BootContract, BootFile, BootInventory, ContractChoices } from '../../../image/boot/index.ts'
import { describeContract, planConversion as plan } from '../../../image/convert/index.ts'
import { detectStack, formatReaders, sectorSizeOf } from '../../../image/stack/index.ts'
import type { StackNode } from '../../../image/stack/index.ts'
import { planBase, usedBytesOf } from '../../../runtime/image/index.ts'
import type { BaseJob, Conversion, FileToStore } from '../../../runtime/image/index.ts'
import type { BootChoices } from '../inspect-image.ts'
import type { OpenOptions } from '../open-image.ts'
import { readerWarnings } from '../reader-warnings.ts'

export type ConversionOptions = Readonly<{
  boot: BootChoices
  /** `disk`: the disk as it is, with its own boot loader, instead of kernel, ramdisk and root. Default: `root`. */
  what?: 'root' | 'disk'
  /** `keep` leaves mounts in the fstab that will not be there. Default: `edit`. */
  mounts?: 'edit' | 'keep'
  /** `exact` reads, writes and digests free space, too, as it is in the image. Default: `skip`. */
  freeSpace?: 'skip' | 'exact'
  /** `none`: no digest is made of the base. Default: `make`. */
  digests?: 'make' | 'none'
  open?: Omit<OpenOptions, 'signal'>
  signal: AbortSignal
}>

const READERS = formatReaders(ALGORITHMS)

/** An image that is open, and what was found that may boot it. */
type OpenedBoot = Readonly<{
  image: DiskImage
  disk: StackNode
  inventory: BootInventory
  choices: ContractChoices
}>

/** A conversion of which everything is known before the first byte is written. Dispose of it when done. */
export type PlannedConversion = AsyncDisposable &
  Readonly<{
    /** The entry that boots. Undefined for a whole disk of which it is not known how it boots. */
    boots: Readonly<{ id: string; title: string }> | undefined
    conversion: Conversion
    job: BaseJob
    freeSpace: 'skip' | 'exact'
    /** What of the base is in use. */
    usedBytes: number
  }>

/** Kernel and ramdisk of an image, without a base. Dispose of it when done. */
export type PlannedBootFiles = AsyncDisposable &
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
  const { what = 'root', mounts = 'edit', freeSpace = 'skip', digests = 'make', signal } = options
  await using stack = new AsyncDisposableStack()
  const opened = await openBoot(stack, location, options)
  const { disk, inventory, choices } = opened
  const contract = what === 'disk' ? undefined : knownBoot(opened)
  const { base, patches, ...told } = await plan(disk, inventory, {
    ...(contract === undefined ? { what: 'disk' } : { what: 'root', contract }),
    arguments: choices,
    mounts,
    readers: READERS,
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
  const planned = await planBase(conversion, freeSpace, signal)
  const job = digests === 'none' ? { ...planned, digests } : planned
  const usedBytes = job.chunks.reduce((sum, chunk) => sum + usedBytesOf(chunk), 0)
  const kept = stack.move()
  return {
    boots: inventory.entries.length === 0 ? undefined : chooseEntry(disk, inventory, choices.deployment),
    conversion,
    job,
    freeSpace,
    usedBytes,
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  }
}

/** Opens an image for its kernel and ramdisk: it looks for no base, and edits no fstab. Writes nothing. */
export async function planBootFiles(
  location: string,
  options: Pick<ConversionOptions, 'boot' | 'open' | 'signal'>,
): Promise<PlannedBootFiles> {
  await using stack = new AsyncDisposableStack()
  const opened = await openBoot(stack, location, options)
  const contract = knownBoot(opened)
  const about = aboutImage(opened, location, {
    changes: [],
    ...describeContract(opened.inventory, contract),
  })
  const files = { ...(await trioFiles(opened.disk, contract, options.signal)), about }
  const kept = stack.move()
  return { contract, files, [Symbol.asyncDispose]: () => kept.disposeAsync() }
}

/** Opens an image and finds what boots it: reads metadata only. The image belongs to `stack`. */
async function openBoot(
  stack: AsyncDisposableStack,
  location: string,
  { boot: { firmware, ...choices }, open, signal }: Pick<ConversionOptions, 'boot' | 'open' | 'signal'>,
): Promise<OpenedBoot> {
  // Threads of the conversion decompress for themselves; here it is metadata, kernel and ramdisk.
  const image = stack.use(await openDiskImage(location, { ...open, signal, threads: 0 }))
  const disk = await detectStack(image.disk, READERS, { signal })
  const inventory = await findBoot(disk, { signal, ...(firmware === undefined ? {} : { firmware }) })
  return { image, disk, inventory, choices }
}

/** What boots it without its boot loader. Throws BOOT_… where that is not known for sure. */
function knownBoot({ disk, inventory, choices }: OpenedBoot): BootContract {
  const contract = makeContract(disk, inventory, choices)
  requireUndamaged(disk, inventory)
  requireOneFirmware(disk, inventory, chooseEntry(disk, inventory, choices.deployment))
  return contract
}

function aboutImage(
  { image, disk }: OpenedBoot,
  location: string,
  { boot, changes, warnings }: Pick<Conversion['about'], 'boot' | 'changes' | 'warnings'>,
): Conversion['about'] {
  return {
    source: { name: sourceName(location), format: image.type, sizeBytes: image.imageBytes },
    boot,
    changes,
    warnings: [...warnings, ...readerWarnings(image, disk).map(({ code, text }) => `${code}: ${text}`)],
  }
}

async function trioFiles(
  disk: StackNode,
  { kernel, initrds }: BootContract,
  signal: AbortSignal,
): Promise<Pick<Conversion, 'kernel' | 'ramdisk'>> {
  return {
    kernel: await fileToStore(disk, 'kernel', [kernel], signal),
    ...(initrds.length === 0 ? {} : { ramdisk: await fileToStore(disk, 'ramdisk', initrds, signal) }),
  }
}

async function fileToStore(
  disk: StackNode,
  name: string,
  files: readonly BootFile[],
  signal: AbortSignal,
): Promise<FileToStore> {
  const from = await Promise.all(
    files.map(async (file) => ({
      path: `${file.address}:${file.path}${file.section === undefined ? '' : ` (${file.section.name})`}`,
      source: await openBootFile(disk, file, { signal }),
    })),
  )
  return { name, from }
}

/** The last part of a path or URL: where an image lay on one machine means nothing on another. */
function sourceName(location: string): string {
  return location.replace(/[?#].*$/, '').replace(/^.*\//, '')
}
