import { openDiskImage } from '../adapters/image-source/index.ts'
import type { DiskImage } from '../adapters/image-source/index.ts'
import { patched } from '../bytes/index.ts'
import {
  chooseEntry,
  findBoot,
  makeContract,
  openBootFile,
  requireOneFirmware,
  requireUndamaged,
} from '../image/boot/index.ts'
import type { BootContract, BootFile, BootInventory, ContractChoices } from '../image/boot/index.ts'
import { describeContract, planConversion } from '../image/convert/index.ts'
import { FORMAT_READERS, detectStack, sectorSizeOf } from '../image/stack/index.ts'
import type { StackNode } from '../image/stack/index.ts'
import type { Conversion, FileToStore } from '../runtime/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { BOOT_FLAGS } from './image-flags.ts'
import { readerWarnings } from './reader-warnings.ts'

/** Which system of an image is meant, and what is changed about how it boots. */
export const CONTRACT_FLAGS = {
  ...BOOT_FLAGS,
  'files-from': {
    kind: 'text',
    placeholder: 'DIR',
    help: 'where backing and data files of a qcow2 may be; without it, none is opened',
  },
} as const satisfies FlagTable

export const CONVERSION_FLAGS = {
  ...CONTRACT_FLAGS,
  'whole-disk': {
    kind: 'switch',
    help: 'the disk as it is, with its own boot loader, instead of kernel, ramdisk and base',
    flagOnly: true,
  },
  'keep-fstab': {
    kind: 'switch',
    help: 'leaves mounts in the fstab that will not be there',
    flagOnly: true,
  },
} as const satisfies FlagTable

/** An image that is open, and how it boots. */
export type OpenedBoot = Readonly<{
  image: DiskImage
  disk: StackNode
  inventory: BootInventory
  /** Absent for a whole disk of which it is not known how it boots. */
  contract?: BootContract
  choices: ContractChoices
}>

type KnownBoot = OpenedBoot & Readonly<{ contract: BootContract }>

export type OpenedConversion = OpenedBoot & Readonly<{ conversion: Conversion }>

/** Opens an image and finds what boots it: reads metadata only. The image belongs to `stack`. */
async function openBoot(
  stack: AsyncDisposableStack,
  location: string,
  flags: FlagValues<typeof CONTRACT_FLAGS>,
  signal: AbortSignal,
): Promise<OpenedBoot> {
  const directory = flags['files-from']
  const image = stack.use(
    await openDiskImage(location, {
      signal,
      // Threads of the conversion decompress for themselves; here it is metadata, kernel and ramdisk.
      threads: 0,
      ...(directory === undefined ? {} : { otherFilesDirectory: directory }),
    }),
  )
  const disk = await detectStack(image.disk, FORMAT_READERS, { signal })
  const { firmware } = flags
  const inventory = await findBoot(disk, { signal, ...(firmware !== undefined && { firmware }) })
  const choices = {
    kargs: flags.karg,
    deleteKargs: flags['delete-karg'],
    ...(flags.deployment === undefined ? {} : { deployment: flags.deployment }),
  }
  return { image, disk, inventory, choices }
}

/** What boots it without its boot loader. Throws BOOT_… where that is not known for sure. */
function knownBoot(opened: OpenedBoot): KnownBoot {
  const { disk, inventory, choices } = opened
  const contract = makeContract(disk, inventory, choices)
  requireUndamaged(disk, inventory)
  requireOneFirmware(disk, inventory, chooseEntry(disk, inventory, choices.deployment))
  return { ...opened, contract }
}

/** Kernel and ramdisk of an image, and what is told of them: no base is looked for, and no fstab is edited. */
export async function openBootOnly(
  stack: AsyncDisposableStack,
  location: string,
  flags: FlagValues<typeof CONTRACT_FLAGS>,
  signal: AbortSignal,
): Promise<KnownBoot & Readonly<{ files: Pick<Conversion, 'kernel' | 'ramdisk' | 'about'> }>> {
  const opened = knownBoot(await openBoot(stack, location, flags, signal))
  const { inventory, contract } = opened
  const about = aboutImage(opened, location, { changes: [], ...describeContract(inventory, contract) })
  return { ...opened, files: { ...(await trioFiles(opened.disk, contract, signal)), about } }
}

/**
 * Opens an image and plans its conversion: reads metadata only. The image belongs to `stack`. Throws what the readers,
 * the contract and the plan throw; nothing is written.
 */
export async function openConversion(
  stack: AsyncDisposableStack,
  location: string,
  flags: FlagValues<typeof CONVERSION_FLAGS>,
  signal: AbortSignal,
): Promise<OpenedConversion> {
  const found = await openBoot(stack, location, flags, signal)
  const { disk, inventory, choices } = found
  const opened = flags['whole-disk'] ? found : knownBoot(found)
  const { base, patches, ...told } = await planConversion(disk, inventory, {
    ...(opened.contract === undefined ? { what: 'disk' } : { what: 'root', contract: opened.contract }),
    arguments: choices,
    mounts: flags['keep-fstab'] ? 'keep' : 'edit',
    signal,
  })
  const sectorSizeBytes = sectorSizeOf(disk)
  const conversion: Conversion = {
    ...(opened.contract === undefined ? {} : await trioFiles(opened.disk, opened.contract, signal)),
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
  return { ...opened, conversion }
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
