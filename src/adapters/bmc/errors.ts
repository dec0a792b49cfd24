import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const BMC_ERRORS = {
  BMC_UNREACHABLE: {
    message: 'Cannot {action} by the BMC {bmc}: {why}',
    remedy: '{remedy}',
    retry: true,
    exit: EXIT.unavailable,
  },
  BMC_CREDENTIALS: {
    message: 'Cannot {action} by the BMC {bmc}: {why}',
    remedy:
      'set the user name and the password of the BMC in the inventory, and give the user the right to switch the machine',
    retry: false,
    exit: EXIT.refused,
  },
  BMC_REFUSED: {
    message: 'Cannot {action} by the BMC {bmc}: it answers: {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.failed,
  },
  BMC_UNABLE: {
    message: 'Cannot {action} by the BMC {bmc}: {why}',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(BMC_ERRORS)
