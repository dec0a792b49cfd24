import type { FlagTable } from './command.ts'
import { KARG_FLAGS } from './karg-flags.ts'

/** How an image is opened. */
export const OPEN_FLAGS = {
  'files-in': {
    kind: 'text',
    placeholder: 'DIR',
    help: 'where backing and data files of a qcow2 image may be opened; without it nowhere',
  },
  temporary: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'where a compressed image is unpacked; needed for one from the network',
  },
} as const satisfies FlagTable

/** What is booted, and how. */
export const BOOT_FLAGS = {
  deployment: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'entry to boot: its number, its id, a stateroot or the begin of a commit',
    flagOnly: true,
  },
  firmware: {
    kind: 'choice',
    values: ['bios', 'uefi'],
    help: 'of the machine, where BIOS and UEFI boot different things',
    flagOnly: true,
  },
  ...KARG_FLAGS,
} as const satisfies FlagTable
