import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

/** What stands between Anneal and a registry on this machine. No credential is ever in an error's data. */
export const REGISTRY_ERRORS = {
  REGISTRY_AUTH_FILE_BROKEN: {
    message: 'Cannot read registry logins from "{path}": {state}',
    remedy: 'correct the file, or remove it and log in again (`docker login`, `podman login`)',
    retry: false,
    exit: EXIT.failed,
  },
  CREDENTIAL_HELPER_FAILED: {
    message: 'Cannot get the login for registry "{registry}" from "{helper}": {state}',
    remedy:
      'run `echo {registry} | {helper} get` as the user that runs Anneal and correct the error, or remove the helper from "{path}"',
    retry: false,
    exit: EXIT.failed,
  },
  IMAGE_REFERENCE_INVALID: {
    message: 'Cannot read image reference "{image}": {state}',
    remedy: 'write it as [registry/]name[:tag][@sha256:<64 hex digits>], in lower case',
    retry: false,
    exit: EXIT.usage,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(REGISTRY_ERRORS)
