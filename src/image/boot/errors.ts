import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const
const usage = { retry: false, exit: EXIT.usage } as const

export const BOOT_ERRORS = {
  BOOT_NOTHING_FOUND: {
    ...refused,
    message: 'Cannot tell how "{image}" boots: {reason}',
    remedy:
      'see `anneal image inspect`: a data disk does not boot, and encrypted or unsupported file systems cannot be read',
  },
  BOOT_CONTAINER_WITHOUT_KERNEL: {
    ...refused,
    message: 'Cannot boot "{image}": it is a container image without a kernel in /usr/lib/modules',
    remedy: 'give a bootable container, as bootc takes them; images of applications have no kernel',
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
      'download the image again and compare its checksum, or check a copy of the file system with its fsck; --whole-disk converts the disk without reading it',
  },
  BOOT_FIRMWARE_UNSAID: {
    ...refused,
    message: 'Cannot choose a kernel of "{image}": {here}; {there}',
    remedy: 'give the firmware of the machine: --firmware bios or --firmware uefi',
  },
  BOOT_FIRMWARE_NONE: {
    ...refused,
    message: 'Cannot boot "{image}" with {firmware}: it has no boot loader for {firmware}',
    remedy: 'leave out --firmware; `anneal image inspect` shows the boot loader of the image',
  },
  BOOT_ENTRY_NOT_LINUX: {
    ...refused,
    message: 'Cannot boot the entry {entry} ("{title}") of "{image}" without its boot loader: {why}',
    remedy:
      'choose another entry with --deployment (`anneal image inspect` lists them), or convert the whole disk with --whole-disk',
  },
  BOOT_ENTRY_UNKNOWN: {
    ...usage,
    message: 'Cannot find the deployment "{wanted}" in "{image}": it has {present}',
    remedy: 'name one by its number, its id, its stateroot or the first digits of its commit',
  },
  BOOT_ENTRY_AMBIGUOUS: {
    ...usage,
    message: 'Cannot choose a deployment of "{image}": "{wanted}" matches {present}',
    remedy: 'name one by its number or its id',
  },
  KARG_EDIT_REFUSED: {
    ...refused,
    message: 'Cannot change kernel arguments in "{file}" in the stream: {why}',
    remedy:
      'if there is no room, use fewer or shorter arguments. Otherwise leave out --karg and --delete-karg and change the arguments in the running system (grubby, ostree admin kargs, rpm-ostree kargs, /etc/default/grub)',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(BOOT_ERRORS)

/** Why an edit of boot entries is refused, as the end of a sentence. */
export function refuseArgumentEdit(file: string, why: string): Error {
  return raise('KARG_EDIT_REFUSED', { file, why })
}
