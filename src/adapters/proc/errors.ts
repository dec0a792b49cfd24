import { errorsOf, EXIT } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const PROC_ERRORS = {
  PROC_UNREADABLE: {
    message: 'Cannot read the process table "{procRoot}": {state}',
    remedy: 'run as root on the host, or in a container with the host pid namespace (--pid=host)',
    retry: false,
    exit: EXIT.unavailable,
  },
  DISK_UNREADABLE: {
    message: 'Cannot measure "{path}": {state}',
    remedy: 'check that the path exists, that its file system is mounted and that Anneal runs as root',
    retry: true,
    exit: EXIT.unavailable,
  },
  DIRECTORY_UNMADE: {
    message: 'Cannot make the directory "{path}": {state}',
    remedy: 'create it, or correct the path in the release; then run this again',
    retry: false,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raiseProc = errorsOf(PROC_ERRORS)
