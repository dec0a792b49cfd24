import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const FILESYSTEM_ERRORS = {
  PATH_NOT_FOUND: {
    ...refused,
    message: 'Cannot find "{path}": there is no "{name}" in "{directory}"',
    remedy: '`anneal image ls` lists the files',
  },
  PATH_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot follow "{path}": "{name}" is a {kind}, not a directory',
    remedy: 'correct the path; `anneal image ls` lists the files',
  },
  PATH_TOO_MANY_LINKS: {
    ...refused,
    message: 'Cannot follow "{path}": it passes more than {limit} symbolic links',
    remedy: 'the links form a loop, or the image is damaged: look at them with `anneal image ls -l`',
  },
  FILE_TOO_LARGE: {
    ...refused,
    message: 'Cannot read "{path}" into memory: it has {sizeBytes} bytes, and the limit is {limitBytes}',
    remedy:
      'the image may be damaged, as such files are small; copy the file with `anneal image extract` to look at it',
  },
  XATTRS_TOO_LARGE: {
    ...refused,
    message:
      'Cannot read the extended attributes of inode {inode}: {what} has {foundBytes} bytes, and the limit is {limitBytes}',
    remedy: 'the image may be damaged: check a copy of the file system, or download the image again',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(FILESYSTEM_ERRORS)
