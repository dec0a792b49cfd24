import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** What can be wrong with the host's files that a release names. */
export const FILE_FINDINGS = {
  GRANT_MISSING: {
    severity: 'refuse',
    meaning:
      'The file of a secret or config is not there: an engine would make a directory of that name instead.',
    remedy: 'write the file before the upgrade',
  },
  GRANT_NO_FILE: {
    severity: 'refuse',
    meaning: 'What a secret or config names is no file.',
    remedy: 'name a regular file',
  },
  SECRET_READABLE: {
    severity: 'warn',
    meaning: 'Every user of the host can read the file of a secret.',
    remedy: 'chmod o= FILE, and chown it to the service’s user',
  },
  BIND_SOURCE_MISSING: {
    severity: 'refuse',
    meaning:
      'A directory that is to be bound is not there, and the file says that it must be (`create_host_path: false`).',
    remedy: 'make it before the upgrade, or let the engine make it',
  },
} as const satisfies FindingTable

export const fileFinding = findingsOf(FILE_FINDINGS)
