import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const usage = { retry: false, exit: EXIT.usage } as const

export const STACK_ERRORS = {
  ADDRESS_UNKNOWN: {
    ...usage,
    message: 'Cannot find "{address}" in "{image}": it has {present}',
    remedy: 'name one of these; `anneal image inspect` shows what they are',
  },
  ADDRESS_AMBIGUOUS: {
    ...usage,
    message: 'Cannot choose "{address}" in "{image}": {present} match',
    remedy: 'name one of these',
  },
  ADDRESS_NO_FILE_SYSTEM: {
    ...refused,
    message: 'Cannot read files of "{address}" in "{image}": it holds {content}, not a file system',
    remedy: 'name one with a file system: {present}',
  },
  ADDRESS_NO_SUBVOLUME: {
    ...usage,
    message: 'Cannot find the subvolume "{path}" of "{address}" in "{image}": it has {present}',
    remedy: 'name one of these; `anneal image inspect --json` lists them',
  },
  ADDRESS_UNREADABLE: {
    ...refused,
    message: 'Cannot read files of "{address}" in "{image}": {reason}',
    remedy: '{remedy}',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(STACK_ERRORS)
