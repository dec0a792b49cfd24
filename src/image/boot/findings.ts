import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** What can be wrong with how an image boots. */
export const BOOT_FINDINGS = {
  BOOT_FILE_UNREADABLE: {
    severity: 'warn',
    meaning: 'A file or directory that tells how the image boots cannot be read: it was taken for absent.',
    remedy: 'check the file system (fsck of its kind, on a copy), or fetch the image again',
  },
  BOOT_TOO_MANY: {
    severity: 'warn',
    meaning: 'A directory has more names than any of its kind: those beyond the limit are left out.',
    remedy: 'the image is damaged, or made to be a nuisance: take it from a place you trust',
  },
  FIRMWARES_DIFFER: {
    severity: 'warn',
    meaning: 'BIOS and UEFI would boot different kernels from this image, or one with different arguments.',
    remedy: 'say which firmware the machine has: --firmware bios or --firmware uefi',
  },
  ROOT_AMBIGUOUS: {
    severity: 'warn',
    meaning: 'More than one file system of the image could be its root: the first was taken.',
    remedy: 'compare with root= of the boot entries; give another with --karg root=…',
  },
  ROOT_NOT_IN_IMAGE: {
    severity: 'warn',
    meaning: '`root=` names a device that is nowhere in the image.',
    remedy: 'give one that the machine will have: --karg root=UUID=…',
  },
  ROOT_BY_DEVICE_NAME: {
    severity: 'warn',
    meaning:
      '`root=` names a device by what one machine calls it: /dev/vda1 may be /dev/sda1 or /dev/nvme0n1p1 on another.',
    remedy: 'give it by its UUID: --karg root=UUID=…',
  },
  INITRD_ON_SECOND_TRY: {
    severity: 'info',
    meaning:
      'The chosen boot entry boots without an initrd first, and with one when that failed: the second try was taken, for a netboot has only one.',
    remedy: 'nothing has to be done; --whole-disk leaves the entry as it is',
  },
  ENTRY_BROKEN: {
    severity: 'warn',
    meaning: 'A boot entry names a kernel or an initrd that is not there: it was left out.',
    remedy: 'mend the entry in the image if it is the one that is wanted',
  },
  ENTRY_HAS_NO_TRIES_LEFT: {
    severity: 'warn',
    meaning: 'The chosen boot entry has used up its boot counter: systemd-boot takes it for broken.',
    remedy: 'choose another with --deployment, or rename the file without its counter',
  },
  ENTRY_LINK_BROKEN: {
    severity: 'refuse',
    meaning: '`ostree=` leads to no deployment: the machine would end in the emergency shell.',
    remedy: 'choose another entry with --deployment; the image was cut or edited by hand',
  },
  DEPLOYMENT_WITHOUT_ENTRY: {
    severity: 'info',
    meaning:
      'A deployment of ostree that no boot entry leads to: it cannot be booted, and `ostree admin status` does not list it. A deploy that failed leaves one.',
    remedy: 'nothing has to be done; `ostree admin cleanup` in the running system removes it',
  },
  VARIABLE_UNRESOLVED: {
    severity: 'warn',
    meaning: 'A boot entry has a GRUB variable whose value only GRUB knows: it was left out.',
    remedy: 'give what it stands for with --karg',
  },
  IGNITION_FIRST_BOOT: {
    severity: 'warn',
    meaning:
      'The command line asks Ignition to run: over the network it is there on every boot, while the image asks for it once.',
    remedy: 'take it off when the machine was provisioned: --delete-karg ignition.firstboot',
  },
  IGNITION_PLATFORM_MISSING: {
    severity: 'warn',
    meaning: 'Ignition needs to know the platform, and the command line does not tell it.',
    remedy: '--karg ignition.platform.id=metal',
  },
  CONFIGURATION_NOT_UNDERSTOOD: {
    severity: 'warn',
    meaning:
      'A boot loader’s configuration has something that is not understood: what stands behind it may be missing.',
    remedy: 'compare the entries found with the menu that the image shows when it boots',
  },
  KERNEL_FROM_MODULES: {
    severity: 'info',
    meaning: 'There is no boot entry: the kernel beside its modules was taken, and the command line is made.',
    remedy: 'add what the machine needs with --karg',
  },
  COMPOSEFS_BACKEND: {
    severity: 'warn',
    meaning:
      'The deployment is of bootc’s composefs back end: its files lie in an EROFS image, which is not read. Kernel, initrd and command line are read as ever.',
    remedy: 'to have files of the deployment read or edited, install with bootc’s ostree back end',
  },
  ARGUMENTS_UNDONE_LATER: {
    severity: 'warn',
    meaning:
      'Kernel arguments were changed where the machine boots from, but the running system makes that anew of another file, which was not changed.',
    remedy:
      'change them in the running system, too: grubby --update-kernel=ALL, or /etc/kernel/cmdline, or /etc/default/grub',
  },
  INITRD_MISSING: {
    severity: 'warn',
    meaning: 'The chosen boot entry has no initrd: the kernel has to mount the root file system by itself.',
    remedy: 'make sure that drivers are built in, or that the entry is the one that is wanted',
  },
} as const satisfies FindingTable

export const finding = findingsOf(BOOT_FINDINGS)
