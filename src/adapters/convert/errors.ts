import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

export const CONVERT_ERRORS = {
  OUTPUT_EXISTS: {
    message: 'Cannot write "{path}": it exists already',
    remedy: 'choose another directory, remove the file, or replace it with --force',
    retry: false,
    exit: EXIT.refused,
  },
  OUTPUT_UNWRITABLE: {
    message: 'Cannot write "{path}": {why}',
    remedy: 'choose an existing directory that you can write to, on a disk with free space',
    retry: false,
    exit: EXIT.failed,
  },
  OUTPUT_FULL: {
    message: 'Cannot write "{path}": the disk has {free} free, and up to {needed} are needed',
    remedy: 'free space, or choose a directory on another disk; --format zstd makes a base smaller',
    retry: false,
    exit: EXIT.refused,
  },
  SCRATCH_UNWRITABLE: {
    message: 'Cannot keep the packed image in "{path}" until it is sent: {why}',
    remedy:
      'free space there, name another directory with --temporary or TMPDIR, or send it as it is: --disk-format raw',
    retry: false,
    exit: EXIT.failed,
  },
  ROOT_IMAGE_NEEDS_PROGRAM: {
    message: 'Cannot make a root image: {why}',
    remedy: 'install the package {package}, version {version} or newer, which reads archives',
    retry: false,
    exit: EXIT.refused,
  },
  ROOT_IMAGE_FAILED: {
    message: 'Cannot make a root image: {program} failed: {why}',
    remedy: 'free space on the disk and memory, then run it again; no result has its final name yet',
    retry: true,
    exit: EXIT.failed,
  },
  SHRINK_NEEDS_PROGRAM: {
    message: 'Cannot shrink the base: {program} is not installed',
    remedy: 'install the package e2fsprogs, or leave out --shrink',
    retry: false,
    exit: EXIT.refused,
  },
  SHRINK_FAILED: {
    message: 'Cannot shrink the base: {program} failed: {why}',
    remedy:
      'check a copy of the file system with e2fsck, or leave out --shrink; no result has its final name yet',
    retry: false,
    exit: EXIT.failed,
  },
  CONVERSION_BROKEN: {
    message: 'Cannot convert "{image}": {why}',
    remedy: 'run it again, and report it if it fails again; no result has its final name yet',
    retry: true,
    exit: EXIT.failed,
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONVERT_ERRORS)
