import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const ELF_ERRORS = {
  ELF_DAMAGED: {
    message: 'Cannot read "{source}" as a little-endian ELF file: {problem}',
    remedy: 'the file is damaged or made for another machine: fetch its package again',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(ELF_ERRORS)
