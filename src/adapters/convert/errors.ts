import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const CONVERT_ERRORS = {
  OUTPUT_EXISTS: {
    message: 'Cannot write "{path}": it is there already',
    remedy: 'choose another directory, remove what is there, or say --force to replace it',
    retry: false,
    exit: EXIT.refused,
  },
  OUTPUT_UNWRITABLE: {
    message: 'Cannot write "{path}": {why}',
    remedy: 'choose a directory that exists on a disk with room, and that you may write to',
    retry: false,
    exit: EXIT.failed,
  },
  OUTPUT_FULL: {
    message: 'Cannot write "{path}": its disk has {freeBytes} bytes left, and up to {neededBytes} are needed',
    remedy: 'make room, choose a directory on another disk, or ask for --format zstd',
    retry: false,
    exit: EXIT.refused,
  },
  CONVERSION_BROKEN: {
    message: 'Cannot convert "{image}": {why}',
    remedy: 'nothing was left under its final name; run it once more, and report it if it happens again',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONVERT_ERRORS)
