import type { FlagTable } from './command.ts'

/** Kernel arguments: of a contract, of a disk's own entries, of one deployment. */
export const KARG_FLAGS = {
  karg: { kind: 'list', placeholder: 'ARG', help: 'adds a kernel argument; repeatable', flagOnly: true },
  'delete-karg': {
    kind: 'list',
    placeholder: 'ARG',
    help: 'takes a kernel argument away, by its name or name=value; repeatable',
    flagOnly: true,
  },
} as const satisfies FlagTable
