import { EXIT, errorsOf } from '../../core/index.ts'
import type { ErrorTable } from '../../core/index.ts'

const refused = { retry: false, exit: EXIT.refused } as const

export const CONTAINER_DISK_ERRORS = {
  CONTAINER_DISK_NO_LOADER: {
    ...refused,
    message:
      'Cannot make a disk of "{image}" that boots: the container has no boot loader for UEFI on {architecture}',
    remedy:
      'install systemd-boot (Debian, Ubuntu: systemd-boot-efi) in the container, or a GRUB as bootupd has it; or leave --whole-disk out: kernel and ramdisk then lie beside the base',
  },
  CONTAINER_DISK_NO_INITRAMFS: {
    ...refused,
    message: 'Cannot make a disk of "{image}": it has no initramfs beside its kernel "{kernel}"',
    remedy:
      'make one in the container, for any machine: dracut --no-hostonly --kver VERSION /usr/lib/modules/VERSION/initramfs.img',
  },
  CONTAINER_DISK_NEEDS_CONTAINER: {
    retry: false,
    exit: EXIT.usage,
    message: 'Cannot make a disk of "{image}": --disk is for container images, and this is already a disk',
    remedy: 'leave --disk out; --whole-disk takes the disk with its own boot loader',
  },
  CONTAINER_DISK_TYPE: {
    ...refused,
    message: 'Cannot make a disk with {type}: {why}',
    remedy: 'take ext4: --disk ext4',
  },
  CONTAINER_DISK_UNSOUND: {
    retry: false,
    exit: EXIT.failed,
    message: 'Cannot use the disk that was made of "{image}": it boots with "{found}" instead of "{wanted}"',
    remedy: 'report it with the output of `anneal image inspect`; no result has its final name yet',
  },
  CONTAINER_DISK_TOO_SMALL: {
    ...refused,
    message: 'Cannot make a file system of {sizeBytes} bytes of "{image}": it needs {neededBytes}',
    remedy: 'ask for a larger one with --disk-size, or leave the option out',
  },
} as const satisfies ErrorTable

export const raise = errorsOf(CONTAINER_DISK_ERRORS)
