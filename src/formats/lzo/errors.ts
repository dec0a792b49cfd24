import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const LZO_ERRORS = {
  LZO_DAMAGED: {
    message: 'Cannot decompress LZO: at byte {offsetBytes} of {sizeBytes}, {what}',
    remedy: 'the image is damaged: download it again and compare its checksum',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(LZO_ERRORS)
