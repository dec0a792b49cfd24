import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const PE_ERRORS = {
  PE_MISSING: {
    ...refused,
    message: 'Cannot read "{source}" as a PE image: {reason}',
    remedy: 'it is no EFI program; look at it with `file`',
  },
  PE_DAMAGED: {
    ...refused,
    message:
      'Cannot read the section table of "{source}": at byte {offsetBytes} {expected} was expected, and {found} is there',
    remedy: 'the file is damaged: fetch the image again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(PE_ERRORS)
