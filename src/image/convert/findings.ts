import { findingsOf } from '../../core/index.ts'
import type { Finding, FindingTable } from '../../core/index.ts'

/** What a conversion cannot keep as it was. */
export const CONVERSION_FINDINGS = {
  REFERENCE_LEFT_BEHIND: {
    severity: 'warn',
    meaning: 'Something in the base, or its command line, names a part of the image that is not in the base.',
    remedy:
      'remove it (--delete-karg, or in the running system), or convert the whole disk with --whole-disk',
  },
  REFERENCE_NOT_KEPT: {
    severity: 'warn',
    meaning:
      'Something in the base names the base by its partition or by a device name of one machine. That name changes when the base is written to another disk.',
    remedy: 'name the file system by its UUID, in the image or in the running system',
  },
  REFERENCE_UNKNOWN: {
    severity: 'warn',
    meaning: 'Something names a device that is nowhere in the image: it may be another disk of the machine.',
    remedy: 'nothing to do if the machine has that disk; otherwise remove it before you convert the image',
  },
  INITRD_REFERENCE: {
    severity: 'warn',
    meaning:
      'The initrd was made for one machine: it names a device that is not there where the image is written, and may wait for it.',
    remedy:
      'make the initrd again in the image, for any machine: `dracut --no-hostonly`, or `update-initramfs` without the line in /etc/initramfs-tools or /etc/crypttab',
  },
  INITRD_UNREADABLE: {
    severity: 'warn',
    meaning: 'An initrd cannot be unpacked: what it says about devices is not known.',
    remedy: 'check that the image boots; make the initrd again in it, or download the image again',
  },
  DISK_NOT_UNDERSTOOD: {
    severity: 'warn',
    meaning: 'Anneal does not know how the disk boots, and copies all of it unchanged.',
    remedy: 'nothing to do if you want that; `anneal image inspect` shows what is there',
  },
  BASE_DOES_NOT_GROW: {
    severity: 'warn',
    meaning:
      'The base was shrunk, and nothing in the image makes its file system as large as its disk at the first boot: it stays nearly full.',
    remedy:
      'add x-systemd.growfs to the root in the fstab of the image, or rootflags=x-systemd.growfs with --karg; or leave out --shrink',
  },
  VERITY_LEFT_BEHIND: {
    severity: 'warn',
    meaning:
      'dm-verity checks the root or /usr of the system, and its hash tree is in a partition that is not in the base: the base alone does not boot with these arguments.',
    remedy:
      'convert the whole disk with --whole-disk; or boot without the check: --delete-karg roothash, --karg root=UUID=…',
  },
  VERITY_DATA_CHANGED: {
    severity: 'warn',
    meaning: 'Files of a file system that dm-verity checks were changed: its hash is another one now.',
    remedy: 'leave the fstab as it is with --keep-fstab, or boot without the check: --delete-karg roothash',
  },
  EDITS_NOT_BY_DEFAULT: {
    severity: 'warn',
    meaning: 'Kernel arguments were changed in another boot entry than the default one.',
    remedy: 'leave --deployment out to change the default entry',
  },
  EDITS_SHARED: {
    severity: 'warn',
    meaning: 'A boot entry that was not chosen also changes: it takes its arguments from the same variable.',
    remedy: 'nothing to do if you want that; otherwise change arguments in the running system',
  },
} as const satisfies FindingTable

export const finding = findingsOf(CONVERSION_FINDINGS)

/** How a warning of boot.json and of the terminal names a finding: its code first. */
export function warningOf({ code, subject, evidence, remedy }: Finding): string {
  return `${code}: ${subject}: ${evidence}; ${remedy}`
}
