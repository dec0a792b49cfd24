import type { ConversionOptions } from '../app/image/convert/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { BOOT_FLAGS, bootChoices } from './image-flags.ts'

/** Which system of an image is meant, and what is changed about how it boots. */
const CONTRACT_FLAGS = {
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

export function conversionOptions(
  flags: FlagValues<typeof CONVERSION_FLAGS>,
  signal: AbortSignal,
): ConversionOptions {
  const otherFilesDirectory = flags['files-from']
  return {
    boot: bootChoices(flags),
    what: flags['whole-disk'] ? 'disk' : 'root',
    mounts: flags['keep-fstab'] ? 'keep' : 'edit',
    open: otherFilesDirectory === undefined ? {} : { otherFilesDirectory },
    signal,
  }
}
