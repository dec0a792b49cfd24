import type { FlagTable } from './command.ts'

/** Kernel arguments: of a contract, of a disk's own entries, of one deployment. */
export const KARG_FLAGS = {
  karg: { kind: 'list', placeholder: 'ARG', help: 'Add a kernel argument; can be repeated', flagOnly: true },
  'delete-karg': {
    kind: 'list',
    placeholder: 'ARG',
    help: 'Remove a kernel argument, by name or name=value; can be repeated',
    flagOnly: true,
  },
} as const satisfies FlagTable
