import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const ZSTD_ERRORS = {
  ZSTD_FRAME_INVALID: {
    message: 'Cannot read the Zstandard frame at byte {offsetBytes}: {field} is {found}, expected {expected}',
    remedy: 'the file is damaged: download it again and compare its checksum',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ZSTD_ERRORS)
