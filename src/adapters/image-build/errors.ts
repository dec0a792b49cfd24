import { EXIT, errorsOf } from '../../core/index.ts'

export const BUILD_ERRORS = {
  RECIPE_UNKNOWN: {
    message: 'Cannot build image "{name}": there is no recipe of that name (known: {known})',
    remedy: 'name one of these, or all of them by naming none',
    retry: false,
    exit: EXIT.usage,
  },
  BASE_TOOL_MISSING: {
    message: 'Cannot make the base image: {tool} is not installed',
    remedy: 'apt-get install {tool}, or give an existing image with --base IMAGE',
    retry: false,
    exit: EXIT.unavailable,
  },
  BASE_FAILED: {
    message: 'Cannot make the base image: {script} ended with code {code}: {output}',
    remedy: 'check that the Debian mirror is reachable (MIRROR names another one) and that this runs as root',
    retry: true,
    exit: EXIT.failed,
  },
} as const

export const raise = errorsOf(BUILD_ERRORS)
