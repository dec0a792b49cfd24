import type { FlagTable } from './command.ts'

/** Where Anneal keeps its state, for nodes and machines alike. */
export const STATE_FLAGS = {
  state: {
    kind: 'text',
    placeholder: 'DIR',
    help: 'Keep Anneal’s state in this directory',
    default: '/var/lib/anneal',
    environment: 'ANNEAL_STATE',
  },
} as const satisfies FlagTable
