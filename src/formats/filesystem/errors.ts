import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const FILESYSTEM_ERRORS = {
  PATH_NOT_FOUND: {
    ...refused,
    message: 'Cannot find "{path}": there is no "{name}" in "{directory}"',
    remedy: 'see what is there with `anneal image ls`',
  },
  PATH_NOT_A_DIRECTORY: {
    ...refused,
    message: 'Cannot follow "{path}": "{name}" is a {kind}, not a directory',
    remedy: 'correct the path; see what is there with `anneal image ls`',
  },
  PATH_TOO_MANY_LINKS: {
    ...refused,
    message: 'Cannot follow "{path}": more than {limit} symbolic links are on its way',
    remedy: 'the links lead in a circle, or the image is damaged: look at them with `anneal image ls -l`',
  },
  FILE_TOO_LARGE: {
    ...refused,
    message: 'Cannot read "{path}" into memory: it has {sizeBytes} bytes, and at most {limitBytes} are read',
    remedy: 'no such file is that large: the image is damaged; else copy it out with `anneal image extract`',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(FILESYSTEM_ERRORS)
