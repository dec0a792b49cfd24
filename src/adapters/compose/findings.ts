import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** What can be wrong with the host's files that a release names. */
export const FILE_FINDINGS = {
  GRANT_MISSING: {
    severity: 'refuse',
    meaning:
      'The file of a secret or config does not exist: an engine would create a directory with that name instead.',
    remedy: 'create the file before the upgrade',
  },
  GRANT_NO_FILE: {
    severity: 'refuse',
    meaning: 'The source of a secret or config is not a regular file.',
    remedy: 'name a regular file',
  },
  SECRET_READABLE: {
    severity: 'warn',
    meaning: 'Every user of the host can read the file of a secret.',
    remedy: 'run `chmod o= FILE`, and `chown` it to the service’s user',
  },
  BIND_SOURCE_MISSING: {
    severity: 'refuse',
    meaning:
      'The source of a bind mount does not exist, and the file forbids to create it (`create_host_path: false`).',
    remedy: 'create the directory before the upgrade, or let the engine create it',
  },
} as const satisfies FindingTable

export const fileFinding = findingsOf(FILE_FINDINGS)
