import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const RAMDISK_ERRORS = {
  RAMDISK_TOOL_MISSING: {
    message: 'Cannot build the deploy ramdisk: {program} is not installed',
    remedy: 'build it on Debian or Ubuntu: install the package {package}',
    retry: false,
    exit: EXIT.unavailable,
  },
  RAMDISK_DOWNLOAD: {
    message: 'Cannot fetch the packages of the deploy ramdisk: {program} {why}',
    remedy: 'check that the mirror can be reached and has the suite; name others with --mirror and --suite',
    retry: true,
    exit: EXIT.failed,
  },
  RAMDISK_PACKAGE: {
    message: 'Cannot unpack "{file}": {why}',
    remedy: 'the package is damaged: fetch it again, or leave out --packages',
    retry: false,
    exit: EXIT.failed,
  },
  RAMDISK_INCOMPLETE: {
    message: 'Cannot build the deploy ramdisk: no package has {missing}',
    remedy: 'use a suite of Debian 12 or newer; with --packages, add the package to the directory',
    retry: false,
    exit: EXIT.refused,
  },
  RAMDISK_SOURCES: {
    message: 'Cannot fetch packages of suite "{suite}": the sources of apt name no mirror of "{host}"',
    remedy: 'name a mirror with --mirror',
    retry: false,
    exit: EXIT.usage,
  },
  RAMDISK_OUTPUT: {
    message: 'Cannot write the deploy ramdisk into "{directory}": {why}',
    remedy: 'choose a directory that you can write to, with 100 MiB free',
    retry: false,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(RAMDISK_ERRORS)
