import { EXIT, errorsOf } from '../../core/index.ts'

export const STATE_ERRORS = {
  NODE_LOCKED: {
    message: 'Cannot begin: another run holds this node ({holder})',
    remedy: 'wait until it is done; `anneal node status` shows it. The lock ends with its process',
    retry: true,
    exit: EXIT.locked,
  },
  STATE_UNREADABLE: {
    message: 'Cannot read "{path}": {why}',
    remedy: 'check the file system and its permissions (run as root); keep the file, it is the node’s memory',
    retry: false,
    exit: EXIT.failed,
  },
  STATE_UNWRITABLE: {
    message: 'Cannot write "{path}": {why}',
    remedy: 'free space or make it writable (run as root), then run `anneal node recover`',
    retry: true,
    exit: EXIT.failed,
  },
  HISTORY_BROKEN: {
    message:
      'Cannot trust the history in "{path}": record {index} does not carry the hash of the one before it',
    remedy: 'the file was edited or torn; keep it aside, a new history begins with the next run',
    retry: false,
    exit: EXIT.attention,
  },
} as const

export const raise = errorsOf(STATE_ERRORS)
