import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const harm = 'get the image from a source that you trust: it is damaged, or made to cause harm'

export const COMPOSEFS_ERRORS = {
  COMPOSEFS_METACOPY_INVALID: {
    ...refused,
    message:
      'Cannot read inode {inode} of "{image}": its attribute trusted.overlay.metacopy is {found}; expected {expected}',
    remedy: harm,
  },
  COMPOSEFS_REDIRECT_INVALID: {
    ...refused,
    message: 'Cannot read inode {inode} of "{image}": its redirect "{redirect}" {why}',
    remedy: harm,
  },
  COMPOSEFS_OBJECT_MISSING: {
    ...refused,
    message: 'Cannot read inode {inode} of "{image}": its object "{object}" {why}',
    remedy:
      'download the disk image again and compare its checksum: objects are missing, and the system would not run',
  },
  COMPOSEFS_OBJECT_DIFFERS: {
    ...refused,
    message:
      'Cannot read inode {inode} of "{image}": the {what} of its object "{object}" is {found}; the image says {expected}',
    remedy:
      'download the disk image again and compare its checksum; copy the object by its own path to see what it holds',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(COMPOSEFS_ERRORS)
