import { COMMON_FLAGS } from '../src/cli/index.ts'
import type { FlagTable } from '../src/cli/index.ts'

export const DEFAULT_LAB = 'lab'

/** On every command of the test bed. It has no configuration file. */
export const HELP_FLAG = { help: COMMON_FLAGS.help } as const satisfies FlagTable

/** On every command of the test bed that prints data. */
export const JSON_FLAGS = { json: COMMON_FLAGS.json, ...HELP_FLAG } as const satisfies FlagTable

/** Which OpenStack is meant, where there are several. */
export const LAB_FLAG = {
  lab: {
    kind: 'text',
    placeholder: 'NAME',
    help: 'Name the lab',
    default: DEFAULT_LAB,
    was: 'name',
    flagOnly: true,
  },
} as const satisfies FlagTable
