import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const DISK_IMAGE_ERRORS = {
  DISK_IMAGE_UNSUPPORTED: {
    message: 'Cannot read "{source}": images of type {type} are not supported',
    remedy: 'convert it to qcow2: `qemu-img convert -O qcow2 -c OLD NEW.qcow2`',
    retry: false,
    exit: EXIT.refused,
  },
  DISK_IMAGE_IS_NONE: {
    message: 'Cannot read "{source}": it is {kind}, not a disk image',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(DISK_IMAGE_ERRORS)
