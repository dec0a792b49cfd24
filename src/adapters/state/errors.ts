import { EXIT, errorsOf } from '../../core/index.ts'

export const STATE_ERRORS = {
  NODE_LOCKED: {
    message: 'Cannot begin: another run holds the lock of this node ({holder})',
    remedy: 'wait until it ends (`anneal node status` shows it); the lock ends with the process',
    retry: true,
    exit: EXIT.locked,
  },
  STATE_UNREADABLE: {
    message: 'Cannot read "{path}": {why}',
    remedy: 'run as root, and check the file system; keep the file: Anneal needs it to recover the node',
    retry: false,
    exit: EXIT.failed,
  },
  STATE_UNWRITABLE: {
    message: 'Cannot write "{path}": {why}',
    remedy:
      'free space, or make the path writable (run as root; --state names a directory), then run `anneal node recover`',
    retry: true,
    exit: EXIT.failed,
  },
  HISTORY_BROKEN: {
    message:
      'Cannot trust the history in "{path}": record {index} does not have the hash of the record before it',
    remedy: 'the file was edited or damaged: move it away; the next run starts a new history',
    retry: false,
    exit: EXIT.attention,
  },
  CONDUCTOR_LOCKED: {
    message: 'Cannot start the conductor: another process has "{path}" open',
    remedy: 'stop the other conductor, or give this one a state directory of its own (--state)',
    retry: true,
    exit: EXIT.locked,
  },
  CONDUCTOR_DATABASE_NEWER: {
    message: 'Cannot open "{path}": its layout {layout} is of a later version; this one knows {known}',
    remedy: 'run the version of Anneal that wrote it, or a later one',
    retry: false,
    exit: EXIT.refused,
  },
} as const

export const raise = errorsOf(STATE_ERRORS)
