import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const PUSH_ERRORS = {
  PUSH_HASH_MISMATCH: {
    message: 'Cannot push "{name}": the store holds {held}, and {sent} was sent; image {id} is of no use',
    remedy:
      'it never had its final name, and this push removed it as far as the store let it; see to the network and the disks of the store, then push again',
    retry: true,
    exit: EXIT.failed,
  },
  PUSH_NOT_COMPARED: {
    message: 'Cannot push "{name}": the store gives {given} for image {id}, not a SHA-512 or SHA-256',
    remedy: 'set hashing_algorithm of the store to sha512 (its default): what is not compared is not pushed',
    retry: false,
    exit: EXIT.refused,
  },
  PUSH_NOT_ACTIVE: {
    message: 'Cannot push "{name}": image {id} is {status} after all of it was sent',
    remedy: 'somebody removed it, or the store failed: see its log, then push again',
    retry: true,
    exit: EXIT.failed,
  },
  PRUNE_OWNERS_UNKNOWN: {
    message: 'Cannot prune: nobody is logged in to this Glance, so it does not say whose an image is',
    remedy:
      'use a cloud with a login; or look at what --dry-run --all-owners would remove, and if that is all yours, give --all-owners',
    retry: false,
    exit: EXIT.refused,
  },
  PUSH_PROPERTY_INVALID: {
    message: 'Cannot set property "{property}": {why}',
    remedy:
      'give properties of your own as --property NAME=VALUE; the others follow from the image and from flags',
    retry: false,
    exit: EXIT.usage,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(PUSH_ERRORS)
