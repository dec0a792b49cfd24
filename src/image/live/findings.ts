import { findingsOf } from '../../core/index.ts'
import type { Finding, FindingTable } from '../../core/index.ts'

/** What a live image does not have of the system that it was made of. */
export const LIVE_FINDINGS = {
  LIVE_LEFT_OUT: {
    severity: 'warn',
    meaning: 'Something of the tree cannot be kept in the root image.',
    remedy: 'nothing to do if the system makes it again when it starts; else deploy the image to a disk',
  },
  LIVE_MOUNT_UNREADABLE: {
    severity: 'warn',
    meaning:
      'A file system of the image that the system mounts cannot be read: the live system has an empty directory there.',
    remedy: 'nothing to do if the system runs without it; else deploy the image to a disk',
  },
  LIVE_MOUNT_UNKNOWN: {
    severity: 'warn',
    meaning: 'The fstab names a device that is nowhere in the image: it may be another disk of the machine.',
    remedy: 'nothing to do if the machine has that disk; otherwise remove the line in the image',
  },
  LIVE_COMPRESSION_GUESSED: {
    severity: 'info',
    meaning:
      'The configuration of the kernel was not found: the compression of the root image follows from its version.',
    remedy: 'nothing to do if the image boots',
  },
} as const satisfies FindingTable

export const finding = findingsOf(LIVE_FINDINGS)

/** How a warning of boot.json and of the terminal names a finding: its code first. */
export function warningOf({ code, subject, evidence, remedy }: Finding): string {
  return `${code}: ${subject}: ${evidence}; ${remedy}`
}
