import { EXIT, errorsOf } from '../core/index.ts'

export const CLI_ERRORS = {
  LOGIN_FILE_INVALID: {
    message: 'Cannot read the login of the conductor from "{file}": {why}',
    remedy: 'write USER:PASSWORD as its one line, mode 0600',
    retry: false,
    exit: EXIT.usage,
  },
  USAGE: {
    message: 'Cannot run "{command}": {why}',
    remedy: 'see `{help}`',
    retry: false,
    exit: EXIT.usage,
  },
  USAGE_NOT_SEPARATED: {
    message: 'Cannot run "{command}": {why}',
    remedy: 'write `--` before the command of the other program: `{command} -- {program} …`; see `{help}`',
    retry: false,
    exit: EXIT.usage,
  },
  STDOUT_UNWRITABLE: {
    message: 'Cannot write to standard output: {why}',
    remedy: 'free space on that disk, or redirect the output elsewhere',
    retry: false,
    exit: EXIT.failed,
  },
  PACKAGES_INCOMPLETE: {
    message: 'Cannot run "{command}": "{name}" is not installed',
    remedy: 'run `npm ci` in the directory of the program: its packages are older than the program',
    retry: false,
    exit: EXIT.unavailable,
  },
  INTERNAL: {
    message: 'Cannot continue because of a bug in Anneal: {why}',
    remedy: 'report it with the text above; if an upgrade was running, run `anneal node recover`',
    retry: false,
    exit: EXIT.failed,
  },
  INTERRUPTED: {
    message: 'Cannot finish "{command}": it was interrupted, and stopped in a safe state',
    remedy: 'run it again: it continues, or starts from the beginning',
    retry: true,
    exit: EXIT.failed,
  },
  CONFIG_INVALID: {
    message: 'Cannot use the configuration file "{file}": {why}',
    remedy: 'run `anneal config` for an example with every setting',
    retry: false,
    exit: EXIT.usage,
  },
} as const

export const raise = errorsOf(CLI_ERRORS)
