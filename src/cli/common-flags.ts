import type { FlagTable } from './command.ts'

export const COMMON_FLAGS = {
  json: { kind: 'switch', help: 'the result as one JSON document on stdout', flagOnly: true },
  progress: {
    kind: 'choice',
    values: ['text', 'jsonl'],
    default: 'text',
    help: 'how progress is told on stderr',
  },
  config: {
    kind: 'text',
    placeholder: 'FILE',
    help: 'settings; by default /etc/anneal/config.yaml where it exists',
    environment: 'ANNEAL_CONFIG',
    flagOnly: true,
  },
  help: { kind: 'switch', short: 'h', help: 'this text', flagOnly: true },
} as const satisfies FlagTable
