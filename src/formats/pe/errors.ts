import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const PE_ERRORS = {
  PE_MISSING: {
    ...refused,
    message: 'Cannot read "{source}" as a PE image: {reason}',
    remedy: 'this is not an EFI program; `file` shows what it is',
  },
  PE_DAMAGED: {
    ...refused,
    message:
      'Cannot read the section table of "{source}": byte {offsetBytes} has {found}, expected {expected}',
    remedy: 'the file is damaged: download the image again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(PE_ERRORS)
