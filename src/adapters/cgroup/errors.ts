import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const RESCUE_ERRORS = {
  RESCUE_FAILED: {
    message: 'Cannot move {subject} out of the container: {remaining} still inside ({reasons})',
    remedy:
      'run `anneal node rescue` again; nothing was stopped. If it fails again, live-migrate or shut down the guest before ' +
      'you stop the container',
    retry: true,
    exit: EXIT.endangered,
  },
  RESCUE_IMPOSSIBLE: {
    message: 'Cannot move {subject} out of the container: {reason}',
    remedy: '{advice}',
    retry: false,
    exit: EXIT.endangered,
  },
  RESCUE_TARGET_GONE: {
    message: 'Cannot move {subject} out of the container: its process {pid} is gone',
    remedy: 'run the command again: the guest ended or was restarted meanwhile',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raiseRescue = errorsOf(RESCUE_ERRORS)
