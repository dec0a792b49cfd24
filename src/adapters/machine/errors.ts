import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const MACHINE_ERRORS = {
  CONSOLE_UNREADABLE: {
    message: 'Cannot read the console "{source}": {why}',
    remedy: 'give the console as unix:PATH, file:PATH or tcp:HOST:PORT',
    retry: false,
    exit: EXIT.unavailable,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(MACHINE_ERRORS)
