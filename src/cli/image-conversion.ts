import { openDiskImage } from '../adapters/image-source/index.ts'
import type { DiskImage } from '../adapters/image-source/index.ts'
import { patched } from '../bytes/index.ts'
import { findBoot, makeContract, openBootFile } from '../image/boot/index.ts'
import type { BootContract, BootFile } from '../image/boot/index.ts'
import { planConversion } from '../image/convert/index.ts'
import type { ConversionPlan } from '../image/convert/index.ts'
import { FORMAT_READERS, detectStack } from '../image/stack/index.ts'
import type { StackNode } from '../image/stack/index.ts'
import type { Conversion, FileToStore } from '../runtime/index.ts'
import type { FlagTable, FlagValues } from './command.ts'

/** Which system of an image is meant, and what is changed about how it boots. */
export const CONTRACT_FLAGS = {
  deployment: {
    kind: 'text',
    placeholder: 'WHICH',
    help: 'another boot entry: its number, its id, a stateroot or a commit',
  },
  karg: { kind: 'list', placeholder: 'ARG', help: 'adds a kernel argument; repeatable', flagOnly: true },
  'delete-karg': {
    kind: 'list',
    placeholder: 'ARG',
    help: 'takes a kernel argument away, by its name or name=value; repeatable',
    flagOnly: true,
  },
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

export type OpenedConversion = Readonly<{
  image: DiskImage
  disk: StackNode
  contract: BootContract
  plan: ConversionPlan
  conversion: Conversion
}>

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
  const inventory = await findBoot(disk, { signal })
  const choices = {
    kargs: flags.karg,
    deleteKargs: flags['delete-karg'],
    ...(flags.deployment === undefined ? {} : { deployment: flags.deployment }),
  }
  const contract = makeContract(disk, inventory, choices)
  const plan = await planConversion(disk, inventory, contract, {
    what: flags['whole-disk'] ? 'disk' : 'root',
    arguments: choices,
    mounts: flags['keep-fstab'] ? 'keep' : 'edit',
    signal,
  })
  const { base, patches, changes, warnings, boot } = plan
  const conversion: Conversion = {
    ...(flags['whole-disk']
      ? {}
      : {
          kernel: await fileToStore(disk, 'kernel', [contract.kernel], signal),
          ...(contract.initrds.length === 0
            ? {}
            : { ramdisk: await fileToStore(disk, 'ramdisk', contract.initrds, signal) }),
        }),
    base: {
      source: patched(base.source, patches),
      pieces: base.pieces,
      patches,
      from: base.node.address === '' ? 'disk' : base.node.address,
      holds: base.holds,
    },
    extents: (asked) => base.extents(asked),
    about: {
      source: { name: sourceName(location), format: image.type, sizeBytes: image.imageBytes },
      boot,
      changes,
      warnings: [...warnings, ...disk.warnings.map(({ message }) => message)],
    },
  }
  return { image, disk, contract, plan, conversion }
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
