import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const EXT4_MAKER_ERRORS = {
  EXT4_NEEDS_PROGRAM: {
    message: 'Cannot make a file system: {program} is not installed',
    remedy: 'install the package e2fsprogs: it has mke2fs and debugfs',
    retry: false,
    exit: EXIT.refused,
  },
  EXT4_TREE_REFUSED: {
    message: 'Cannot put "{path}" into a file system: {why}',
    remedy: 'take it out of the container image, or give it another name there',
    retry: false,
    exit: EXIT.refused,
  },
  EXT4_FAILED: {
    message: 'Cannot make a file system: {program} says: {why}',
    remedy:
      'free space on the disk, or ask for a larger one with --disk-size; no result has its final name yet',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(EXT4_MAKER_ERRORS)
