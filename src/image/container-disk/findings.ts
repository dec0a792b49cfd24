import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** How a disk differs from what `bootc install` would make of the same container. */
export const CONTAINER_DISK_FINDINGS = {
  CONTAINER_DISK_PLAIN: {
    severity: 'warn',
    meaning:
      'The disk holds the tree of the container as it is, writable, and no deployment of ostree or composefs.',
    remedy:
      'replace the system by writing a newer disk; for `bootc upgrade` on the machine, install with `bootc install to-disk`',
  },
  CONTAINER_DISK_OTHER_TYPE: {
    severity: 'warn',
    meaning: 'The container asks for another type of file system for its root.',
    remedy: 'nothing to do if the system runs on ext4, as most do',
  },
  CONTAINER_DISK_NOT_SEALED: {
    severity: 'warn',
    meaning: 'The container wants its files sealed (composefs); those of the disk are not.',
    remedy: 'install it with `bootc install to-disk` where that protection is needed',
  },
} as const satisfies FindingTable

export const finding = findingsOf(CONTAINER_DISK_FINDINGS)
