import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const CONVERSION_ERRORS = {
  BASE_SPLIT: {
    ...refused,
    message:
      'Cannot make a base of "{image}": its root is the logical volume "{volume}", which is on {count} physical volumes ({places})',
    remedy: 'convert the whole disk with --whole-disk: one partition is not enough to boot',
  },
  BASE_UNKNOWN: {
    ...refused,
    message:
      'Cannot make a base of "{image}": neither root= nor the disk shows which file system is the root',
    remedy: 'convert the whole disk with --whole-disk; `anneal image inspect` shows what is on it',
  },
  BASE_UNREADABLE: {
    ...refused,
    message: 'Cannot make a base of "{image}": its root was not found, and {part} cannot be read: {reason}',
    remedy: '{remedy}',
  },
  BASE_NESTED: {
    ...refused,
    message:
      'Cannot make a base of "{image}": its root "{volume}" is in {place}, not in a partition of the disk',
    remedy: 'convert the whole disk with --whole-disk',
  },
  SHRINK_UNSUPPORTED: {
    ...refused,
    message: 'Cannot shrink the base of "{image}": {part}: {why}',
    remedy: 'leave out --shrink: free space of the base is not written anyway',
  },
  DISK_CUT_SHORT: {
    ...refused,
    message: 'Cannot convert the whole disk of "{image}": it is truncated: {part} cannot be read: {reason}',
    remedy: 'download the image again, and compare its checksum and size',
  },
  EDIT_REFUSED: {
    ...refused,
    message: 'Cannot edit "{file}" in the stream: {why}',
    remedy:
      'keep the file with --keep-fstab and handle its mounts yourself; or boot the image, correct the file there and shut down cleanly',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONVERSION_ERRORS)
