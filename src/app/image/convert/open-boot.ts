import {
  chooseEntry,
  findBoot,
  makeContract,
  openBootFile,
  requireOneFirmware,
  requireUndamaged,
} from '../../../image/boot/index.ts'
import type { BootContract, BootFile, BootInventory, ContractChoices } from '../../../image/boot/index.ts'
import type { StackNode } from '../../../image/stack/index.ts'
import type { Conversion, FileToStore } from '../../../runtime/image/index.ts'
import { raise } from '../../errors.ts'
import type { BootChoices } from '../inspect-image.ts'
import { FORMAT_READERS, openImage } from '../open-image.ts'
import type { ContainerFacts, ImageFacts, OpenedImage, OpenOptions } from '../open-image.ts'
import { readerWarnings } from '../reader-warnings.ts'

/** Which image, and what of it boots. */
export type BootOptions = Readonly<{
  boot: BootChoices
  open?: Omit<OpenOptions, 'signal'>
  signal: AbortSignal
}>

/** An image that is open, and what was found that may boot it. */
export type OpenedBoot = Pick<OpenedImage, 'unchanged'> &
  Readonly<{
    image: ImageFacts
    disk: StackNode
    inventory: BootInventory
    choices: ContractChoices
    /** Of a container image. */
    container?: ContainerFacts
  }>

/**
 * Opens an image and finds what boots it: reads metadata only. The image belongs to `stack`. `threads` decompress what is
 * read of it later: as many as there are processors, where nothing is said.
 */
export async function openBoot(
  stack: AsyncDisposableStack,
  location: string,
  { boot: { firmware, ...choices }, open, signal }: BootOptions,
  threads?: number,
): Promise<OpenedBoot> {
  const options = { ...open, ...(threads !== undefined && { threads }), signal }
  const { image, stack: disk, container, unchanged } = stack.use(await openImage(location, options))
  const inventory = await findBoot(disk, {
    signal,
    readers: FORMAT_READERS,
    ...(firmware === undefined ? {} : { firmware }),
  })
  return { image, disk, inventory, choices, unchanged, ...(container && { container }) }
}

/** What boots it without its boot loader. Throws BOOT_… where that is not known for sure. */
export function knownBoot({ disk, inventory, choices }: OpenedBoot): BootContract {
  const contract = makeContract(disk, inventory, choices)
  requireUndamaged(disk, inventory)
  requireOneFirmware(disk, inventory, chooseEntry(disk, inventory, choices.deployment))
  return contract
}

export function aboutImage(
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

export async function trioFiles(
  disk: StackNode,
  { kernel, initrds }: BootContract,
  signal: AbortSignal,
): Promise<Pick<Conversion, 'kernel' | 'ramdisk'>> {
  return {
    kernel: await fileToStore(disk, 'kernel', [kernel], signal),
    ...(initrds.length === 0 ? {} : { ramdisk: await fileToStore(disk, 'ramdisk', initrds, signal) }),
  }
}

/**
 * Of the kernel, and of all initrds together. No boot loader loads as much; a sparse file may claim any size, and would fill the
 * disk that it is written to.
 */
const MOST_FILE_BYTES = 8 * 1024 ** 3

/** What kernel and ramdisk take where they are written. */
export function storedBytes({ kernel, ramdisk }: Pick<Conversion, 'kernel' | 'ramdisk'>): number {
  return sizeOf(kernel?.from ?? []) + sizeOf(ramdisk?.from ?? [])
}

function sizeOf(from: FileToStore['from']): number {
  return from.reduce((sum, { source }) => sum + source.size, 0)
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
  const sizeBytes = sizeOf(from)
  if (sizeBytes > MOST_FILE_BYTES) {
    const paths = from.map(({ path }) => path).join(', ')
    throw raise('BOOT_FILE_TOO_LARGE', {
      image: disk.name,
      name,
      paths,
      sizeBytes,
      limitBytes: MOST_FILE_BYTES,
    })
  }
  return { name, from }
}

/** The last part of a path or URL: where an image lay on one machine means nothing on another. */
function sourceName(location: string): string {
  return location.replace(/[?#].*$/, '').replace(/^.*\//, '')
}
