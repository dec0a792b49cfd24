import { EXIT, errorsOf } from '../../../core/index.ts'
import type { ErrorTable } from '../../../core/index.ts'

export const PRUNE_ERRORS = {
  PRUNE_OWNERS_UNKNOWN: {
    message: 'Cannot prune: this Glance has no logins, so it does not show who owns an image',
    remedy:
      'use a cloud with a login; or run with --dry-run --all-owners, and if all images in the list are yours, with --all-owners',
    retry: false,
    exit: EXIT.refused,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(PRUNE_ERRORS)
