import { EXIT, errorsOf } from '../core/index.ts'

export const CLI_ERRORS = {
  USAGE: {
    message: 'Cannot run "{command}": {why}',
    remedy: 'see `{help}`',
    retry: false,
    exit: EXIT.usage,
  },
  STDOUT_UNWRITABLE: {
    message: 'Cannot write to standard output: {why}',
    remedy: 'make room where it goes to, or send it elsewhere',
    retry: false,
    exit: EXIT.failed,
  },
  PACKAGES_INCOMPLETE: {
    message: 'Cannot run "{command}": "{name}" is not installed',
    remedy: 'the installed packages are older than the program: run npm ci where it is installed',
    retry: false,
    exit: EXIT.unavailable,
  },
  INTERNAL: {
    message: 'Cannot go on because of a mistake in Anneal: {why}',
    remedy:
      'report it with what stands above; `anneal node recover` brings an upgrade to rest that was under way',
    retry: false,
    exit: EXIT.failed,
  },
  INTERRUPTED: {
    message: 'Cannot finish "{command}": it was interrupted, and has come to rest',
    remedy: 'run it again: it goes on from what is there, or begins anew',
    retry: true,
    exit: EXIT.failed,
  },
  CONFIG_INVALID: {
    message: 'Cannot use the configuration file "{file}": {why}',
    remedy: 'see `anneal config` for an example with every setting',
    retry: false,
    exit: EXIT.usage,
  },
} as const

export const raise = errorsOf(CLI_ERRORS)
