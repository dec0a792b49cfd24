import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const RESCUE_ERRORS = {
  RESCUE_FAILED: {
    message: 'Cannot move {subject} out of the container: {remaining} still inside ({reasons})',
    remedy:
      'Nothing was stopped, so nothing died. Run `anneal node rescue` again; if it stays like this, live-migrate or shut ' +
      'down the guest before the container is stopped.',
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
    remedy: 'Take a new census: the guest has ended or was restarted meanwhile.',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raiseRescue = errorsOf(RESCUE_ERRORS)
