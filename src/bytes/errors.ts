import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const BYTES_ERRORS = {
  READ_BEYOND_END: {
    ...refused,
    message:
      'Cannot read "{source}": {lengthBytes} bytes at {offsetBytes} were asked for, and it ends at {sizeBytes}',
    remedy: 'the image is cut short or damaged: fetch it again and compare its checksum',
  },
  READ_SHORT: {
    ...refused,
    message: 'Cannot read "{source}": only {foundBytes} of {lengthBytes} bytes came from {offsetBytes}',
    remedy: 'the image was cut while it was read, or its disk fails: fetch it again and compare its checksum',
  },
  STRUCTURE_TRUNCATED: {
    ...refused,
    message:
      'Cannot read {structure} at byte {offsetBytes}: {neededBytes} bytes were expected, and {foundBytes} are there',
    remedy: 'the image is damaged: fetch it again and compare its checksum',
  },
  VALUE_TOO_LARGE: {
    ...refused,
    message: 'Cannot use {what}: {value} is beyond 2^53 - 1',
    remedy: 'the image is damaged: no disk is that large; fetch it again and compare its checksum',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(BYTES_ERRORS)
