import { EXIT, errorsOf } from '../core/index.ts'
import type { ErrorTable } from '../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const BYTES_ERRORS = {
  READ_BEYOND_END: {
    ...refused,
    message: 'Cannot read {lengthBytes} bytes at {offsetBytes} of "{source}": it ends at {sizeBytes}',
    remedy: 'the image is truncated or damaged: download it again and compare its checksum',
  },
  READ_SHORT: {
    ...refused,
    message: 'Cannot read {lengthBytes} bytes at {offsetBytes} of "{source}": only {foundBytes} came',
    remedy:
      'the image was truncated while it was read, or its disk fails: download it again and compare its checksum',
  },
  STRUCTURE_TRUNCATED: {
    ...refused,
    message:
      'Cannot read {structure} at byte {offsetBytes}: it needs {neededBytes} bytes, and {foundBytes} are there',
    remedy: 'the image is damaged: download it again and compare its checksum',
  },
  VALUE_TOO_LARGE: {
    ...refused,
    message: 'Cannot use {what}: {value} is larger than 2^53 - 1',
    remedy:
      'the image is damaged, as nothing in an image is this large: download it again and compare its checksum',
  },
  DISK_SIZE_UNSUPPORTED: {
    ...refused,
    message:
      'Cannot open "{source}": it says that its disk has {sizeBytes} bytes, and Anneal reads less than 2^53 (8 PiB)',
    remedy:
      'make the disk smaller in a copy (`qemu-img resize --shrink`, once what is on it ends before); if the disk was never this large, the image is damaged',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(BYTES_ERRORS)
