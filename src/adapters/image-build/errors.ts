import { EXIT, errorsOf } from '../../core/index.ts'

export const BUILD_ERRORS = {
  RECIPE_UNKNOWN: {
    message: 'Cannot build image "{name}": there is no recipe with this name (known: {known})',
    remedy: 'name one of these; without names all of them are built',
    retry: false,
    exit: EXIT.usage,
  },
  LABELS_UNREADABLE: {
    message:
      'Cannot build image "{name}": a container of it that should tell its versions exited with {code}: {output}',
    remedy: 'check that /bin/sh and cat of its base work, and build again',
    retry: true,
    exit: EXIT.failed,
  },
  BASE_TOOL_MISSING: {
    message: 'Cannot make the base image: {tool} is not installed',
    remedy: 'apt-get install {tool}, or give an existing image with --base IMAGE',
    retry: false,
    exit: EXIT.unavailable,
  },
  BASE_FAILED: {
    message: 'Cannot make the base image: {script} exited with {code}: {output}',
    remedy:
      'check that the Debian mirror can be reached (set MIRROR to use another) and that this runs as root',
    retry: true,
    exit: EXIT.failed,
  },
} as const

export const raise = errorsOf(BUILD_ERRORS)
