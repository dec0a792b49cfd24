import type { ConversionOptions } from '../app/image/convert/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { BOOT_FLAGS, OPEN_FLAGS, bootChoices } from './image-flags.ts'

/** Which system of an image is meant, and what is changed about how it boots. */
const CONTRACT_FLAGS = {
  ...BOOT_FLAGS,
  ...OPEN_FLAGS,
} as const satisfies FlagTable

export const CONVERSION_FLAGS = {
  ...CONTRACT_FLAGS,
  'whole-disk': {
    kind: 'switch',
    help: 'Take the whole disk with its own boot loader, instead of kernel, ramdisk and base',
    flagOnly: true,
  },
  'keep-fstab': {
    kind: 'switch',
    help: 'Keep mounts in the fstab that the base image will not have',
    flagOnly: true,
  },
} as const satisfies FlagTable

export function conversionOptions(
  flags: FlagValues<typeof CONVERSION_FLAGS>,
  signal: AbortSignal,
): ConversionOptions {
  const {
    'files-in': otherFilesDirectory,
    temporary: temporaryDirectory,
    platform,
    'insecure-registry': insecureRegistry,
  } = flags
  return {
    boot: bootChoices(flags),
    what: flags['whole-disk'] ? 'disk' : 'root',
    mounts: flags['keep-fstab'] ? 'keep' : 'edit',
    open: {
      ...(otherFilesDirectory === undefined ? {} : { otherFilesDirectory }),
      ...(temporaryDirectory === undefined ? {} : { temporaryDirectory }),
      ...(platform === undefined ? {} : { platform }),
      insecureRegistry,
    },
    signal,
  }
}
