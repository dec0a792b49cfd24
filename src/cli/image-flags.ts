import type { BootChoices, OpenOptions } from '../app/image/index.ts'
import { formatBytes } from '../core/index.ts'
import type { FlagTable, FlagValues } from './command.ts'
import { KARG_FLAGS } from './karg-flags.ts'
import type { Output } from './output.ts'

/** How an image is opened. */
export const OPEN_FLAGS = {
  'files-in': {
    kind: 'text',
    placeholder: 'DIR',
    help: 'Open other files that the image names (of a qcow2 or VMDK) only in DIR; without it, open none',
    was: 'files-from',
  },
  temporary: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'Unpack a compressed image into DIR; required for one from the network',
  },
  platform: {
    kind: 'text',
    placeholder: 'OS/ARCH',
    help: 'Take this platform of a container image; by default the platform of this machine',
    flagOnly: true,
  },
  'insecure-registry': {
    kind: 'switch',
    help: 'Read docker:// over plain http, or https without checking the certificate',
    flagOnly: true,
  },
} as const satisfies FlagTable

/** What is booted, and how. */
export const BOOT_FLAGS = {
  deployment: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'Boot this entry: its number, its id, a stateroot or the first digits of a commit',
    flagOnly: true,
  },
  firmware: {
    kind: 'choice',
    values: ['bios', 'uefi'],
    help: 'Boot as this firmware does, if BIOS and UEFI boot different systems',
    flagOnly: true,
  },
  ...KARG_FLAGS,
} as const satisfies FlagTable

export function openOptions(
  flags: FlagValues<typeof OPEN_FLAGS>,
  output: Output,
  signal: AbortSignal,
): OpenOptions {
  const {
    'files-in': otherFilesDirectory,
    temporary: temporaryDirectory,
    platform,
    'insecure-registry': insecureRegistry,
  } = flags
  return {
    signal,
    onUnwrap: ({ doneBytes, totalBytes }) =>
      output.live(`unpacking: ${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`),
    ...(otherFilesDirectory === undefined ? {} : { otherFilesDirectory }),
    ...(temporaryDirectory === undefined ? {} : { temporaryDirectory }),
    ...(platform === undefined ? {} : { platform }),
    insecureRegistry,
  }
}

export function bootChoices(flags: FlagValues<typeof BOOT_FLAGS>): BootChoices {
  return {
    kargs: flags.karg,
    deleteKargs: flags['delete-karg'],
    ...(flags.deployment === undefined ? {} : { deployment: flags.deployment }),
    ...(flags.firmware === undefined ? {} : { firmware: flags.firmware }),
  }
}
