import { EXIT, errorsOf } from '../../../core/index.ts'
import type { ErrorTable } from '../../../core/index.ts'

export const PUSH_ERRORS = {
  PUSH_HASH_MISMATCH: {
    message: 'Cannot push "{name}": the store has {held}, but {sent} was sent; image {id} is unusable',
    remedy:
      'check the network and the disks of the store, then push again; the push removed the image if the store let it, and it never had its final name',
    retry: true,
    exit: EXIT.failed,
  },
  PUSH_NOT_COMPARED: {
    message: 'Cannot push "{name}": the store reports {given} for image {id}, not a SHA-512 or SHA-256',
    remedy:
      'set hashing_algorithm of the store to sha512 (its default): Anneal pushes only images that it can verify',
    retry: false,
    exit: EXIT.refused,
  },
  PUSH_NOT_ACTIVE: {
    message: 'Cannot push "{name}": image {id} is {status} after the upload',
    remedy: 'somebody removed it, or the store failed: read the log of the store, then push again',
    retry: true,
    exit: EXIT.failed,
  },
  PUSH_PROPERTY_INVALID: {
    message: 'Cannot set property "{property}": {why}',
    remedy:
      'give your own properties as --property NAME=VALUE; Anneal sets the others from the image and from flags',
    retry: false,
    exit: EXIT.usage,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(PUSH_ERRORS)
