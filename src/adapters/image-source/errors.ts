import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const IMAGE_SOURCE_ERRORS = {
  IMAGE_UNREADABLE: {
    message: 'Cannot read "{path}": {reason}',
    remedy: 'correct the path, or run as a user who may read it; images are only ever opened for reading',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_CUT_SHORT: {
    message:
      'Cannot read "{path}": it had {sizeBytes} bytes when it was opened, and ends at {offsetBytes} now',
    remedy: 'let nothing write to the image while it is read',
    retry: false,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(IMAGE_SOURCE_ERRORS)
