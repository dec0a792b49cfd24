import type { FlagTable } from './command.ts'

export const COMMON_FLAGS = {
  json: { kind: 'switch', help: 'Print the result as one JSON document', flagOnly: true },
  progress: {
    kind: 'choice',
    values: ['text', 'jsonl'],
    default: 'text',
    help: 'Print progress to standard error in this form',
  },
  config: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'Read settings from FILE; by default /etc/anneal/config.yaml, if it exists',
    environment: 'ANNEAL_CONFIG',
    flagOnly: true,
  },
  help: { kind: 'switch', short: 'h', help: 'Print this help', flagOnly: true },
} as const satisfies FlagTable

/** On every command that changes something. A dry run takes no lock, writes no file and asks nobody to change anything. */
export const DRY_RUN_FLAG = {
  'dry-run': { kind: 'switch', short: 'n', help: 'Print what would be done; change nothing', flagOnly: true },
} as const satisfies FlagTable
