import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const CONVERSION_ERRORS = {
  BASE_SPLIT: {
    ...refused,
    message:
      'Cannot make a base of "{image}": its root is the logical volume "{volume}", which lies on {count} physical volumes ({places})',
    remedy: 'one partition is not enough to boot it: convert the whole disk with --whole-disk',
  },
  BASE_UNKNOWN: {
    ...refused,
    message:
      'Cannot make a base of "{image}": neither root= nor what is on the disk says which part is its root',
    remedy: 'convert the whole disk with --whole-disk; `anneal image inspect` shows what is there',
  },
  BASE_UNREADABLE: {
    ...refused,
    message: 'Cannot make a base of "{image}": its root was not found, and {part} cannot be read: {reason}',
    remedy: '{remedy}',
  },
  BASE_NESTED: {
    ...refused,
    message:
      'Cannot make a base of "{image}": its root "{volume}" lies in {place}, not in a partition of the disk',
    remedy: 'convert the whole disk with --whole-disk',
  },
  DISK_CUT_SHORT: {
    ...refused,
    message: 'Cannot take the disk of "{image}" as it is: it is cut short: {part} cannot be read: {reason}',
    remedy: 'fetch the image again, and compare its checksum and size',
  },
  EDIT_REFUSED: {
    ...refused,
    message: 'Cannot edit "{file}" while the image streams past: {why}',
    remedy:
      'say --keep-fstab to leave it as it is and see to its mounts yourself; or let the system in the image correct it and shut it down cleanly',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONVERSION_ERRORS)
