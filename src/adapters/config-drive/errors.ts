import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const CONFIG_DRIVE_ERRORS = {
  CONFIG_DRIVE_NEEDS_PROGRAM: {
    message: 'Cannot make a config drive: {programs} is not installed',
    remedy: 'install the package {package}',
    retry: false,
    exit: EXIT.refused,
  },
  CONFIG_DRIVE_FAILED: {
    message: 'Cannot make a config drive: {program} failed: {why}',
    remedy: 'free space in the directory for temporary files (TMPDIR), then run it again',
    retry: true,
    exit: EXIT.failed,
  },
  CONFIG_DRIVE_TOO_LARGE: {
    message: 'Cannot make a config drive of {sizeBytes} bytes: it may have {mostBytes} bytes',
    remedy: 'make the user data smaller: let it fetch what is large',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONFIG_DRIVE_ERRORS)
