import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const usage = { retry: false, exit: EXIT.usage } as const

export const BOOT_ERRORS = {
  BOOT_NOTHING_FOUND: {
    ...refused,
    message: 'Cannot tell how "{image}" boots: {reason}',
    remedy:
      '`anneal image inspect` shows what is on the disk; a disk of data has nothing to boot, one with an encrypted or foreign file system cannot be read',
  },
  BOOT_UNREADABLE: {
    ...refused,
    message: 'Cannot tell how "{image}" boots: {part} cannot be read: {reason}',
    remedy: '{remedy}',
  },
  BOOT_DAMAGED: {
    ...refused,
    message: 'Cannot be sure how "{image}" boots: {part} cannot be read: {reason}',
    remedy:
      'fetch the image again and compare its checksum, or check the file system (fsck of its kind, on a copy); --whole-disk takes the disk as it is',
  },
  BOOT_FIRMWARE_UNSAID: {
    ...refused,
    message: 'Cannot tell which kernel of "{image}" is meant: {here}; {there}',
    remedy: 'say which firmware the machine has: --firmware bios or --firmware uefi',
  },
  BOOT_FIRMWARE_NONE: {
    ...refused,
    message: 'Cannot boot "{image}" by {firmware}: it has no boot loader that {firmware} would run',
    remedy: 'leave --firmware out; `anneal image inspect` shows which boot loader was found',
  },
  BOOT_ENTRY_NOT_LINUX: {
    ...refused,
    message: 'Cannot boot the entry {entry} ("{title}") of "{image}" without its boot loader: {why}',
    remedy:
      'choose another entry with --deployment (`anneal image inspect` lists them), or convert the disk as it is with --whole-disk',
  },
  BOOT_ENTRY_UNKNOWN: {
    ...usage,
    message: 'Cannot find the deployment "{wanted}" in "{image}": it has {present}',
    remedy: 'name one by its number, its id, its stateroot or the begin of its commit',
  },
  BOOT_ENTRY_AMBIGUOUS: {
    ...usage,
    message: 'Cannot tell which deployment of "{image}" is meant by "{wanted}": {present} fit',
    remedy: 'name one by its number or its id',
  },
  KARG_EDIT_REFUSED: {
    ...refused,
    message: 'Cannot change kernel arguments in "{file}" while the image streams past: {why}',
    remedy:
      'ask for fewer or shorter arguments where there is no room; else leave --karg and --delete-karg out, and change them in the running system (grubby, ostree admin kargs, rpm-ostree kargs, /etc/default/grub); or start that system once, change them, and shut it down cleanly before the image is taken',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(BOOT_ERRORS)

/** Why an edit of boot entries is refused, as the end of a sentence. */
export function refuseArgumentEdit(file: string, why: string): Error {
  return raise('KARG_EDIT_REFUSED', { file, why })
}
