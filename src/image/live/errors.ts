import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const LIVE_ERRORS = {
  LIVE_ROOT_UNKNOWN: {
    ...refused,
    message: 'Cannot make a live image of "{image}": {why}',
    remedy: '`anneal image inspect` shows what is on the image; --deployment chooses another entry',
  },
  LIVE_INITRAMFS_LACKS: {
    ...refused,
    message: 'Cannot make a live image of "{image}": its initramfs ({initramfs}) has no {needed}',
    remedy: '{remedy}',
  },
  LIVE_INITRAMFS_UNREADABLE: {
    ...refused,
    message: 'Cannot make a live image of "{image}": its initramfs "{path}" cannot be read: {why}',
    remedy: 'make the initramfs again in the image, with gzip, xz or zstd',
  },
  LIVE_KERNEL_LACKS: {
    ...refused,
    message: 'Cannot make a live image of "{image}": its kernel is built without {needed} ({config})',
    remedy: 'install a kernel that has it: those of Debian, Ubuntu, Fedora and RHEL do',
  },
  LIVE_TREE_REFUSED: {
    ...refused,
    message: 'Cannot pack "{path}" of {address}: {why}',
    remedy: 'the file system may be damaged: check a copy with its fsck, or download the image again',
  },
  LIVE_ROOT_TOO_LARGE: {
    ...refused,
    message:
      'Cannot put the root image into the ramdisk: it has {sizeBytes} bytes, and an initramfs takes {limitBytes}',
    remedy: 'keep it in a file of its own, which machines fetch: --root-url',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(LIVE_ERRORS)
