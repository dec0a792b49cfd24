import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const DISK_IMAGE_ERRORS = {
  DISK_IMAGE_UNSUPPORTED: {
    message: 'Cannot read "{source}": it is an image of type {type}, which is recognised and not read',
    remedy: 'convert it: `qemu-img convert -O qcow2 -c OLD NEW.qcow2`; raw and qcow2 are read',
    retry: false,
    exit: EXIT.refused,
  },
  DISK_IMAGE_IS_ISO: {
    message: 'Cannot read "{source}": it is an ISO 9660 image, of a disc that installs or runs a system',
    remedy: 'take the disk image of that system (raw or qcow2), not the one of its installer',
    retry: false,
    exit: EXIT.refused,
  },
  DISK_IMAGE_IS_NONE: {
    message: 'Cannot read "{source}": it is {kind}, and not the image of a disk',
    remedy: '{remedy}',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(DISK_IMAGE_ERRORS)
