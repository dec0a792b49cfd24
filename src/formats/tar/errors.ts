import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const TAR_ERRORS = {
  TAR_DAMAGED: {
    message: 'Cannot read the tar archive "{source}": at byte {offsetBytes}, {problem}',
    remedy: 'the file is damaged or truncated: download it again and compare its checksum',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(TAR_ERRORS)
