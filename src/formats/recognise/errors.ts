import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const RECOGNISE_ERRORS = {
  FORMAT_ENCRYPTED: {
    ...refused,
    message: 'Cannot read "{source}": it is encrypted ({type})',
    remedy: 'take an image that is not; keys are never asked for',
  },
  FORMAT_UNSUPPORTED: {
    ...refused,
    message: 'Cannot read "{source}": it is of type {type}, which is recognised and not read',
    remedy:
      'ext2, ext3, ext4, XFS and FAT are read, on plain partitions and linear or striped LVM2 volumes: take an image made so',
  },
  FORMAT_UNKNOWN: {
    ...refused,
    message: 'Cannot read "{source}": nothing in its first 68 KiB is known',
    remedy: 'compare the checksum of the image; `blkid -p` or `file -s` may know more',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(RECOGNISE_ERRORS)
