import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const CPIO_ERRORS = {
  CPIO_DAMAGED: {
    message: 'Cannot read the cpio archive "{name}" at byte {offsetBytes}: {problem}',
    remedy: 'the initramfs is damaged: make it again in the image, or download the image again',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CPIO_ERRORS)
