import { findingsOf } from '../../core/index.ts'
import type { FindingTable } from '../../core/index.ts'

/** What can be wrong with how an image boots. */
export const BOOT_FINDINGS = {
  BOOT_FILE_UNREADABLE: {
    severity: 'warn',
    meaning:
      'A file or directory that shows how the image boots cannot be read. Anneal continues as if it did not exist.',
    remedy: 'check a copy of the file system with its fsck, or download the image again',
  },
  BOOT_TOO_MANY: {
    severity: 'warn',
    meaning: 'A directory has far too many entries. Anneal ignores those beyond its limit.',
    remedy: 'get the image from a source that you trust: it is damaged, or made to cause harm',
  },
  FIRMWARES_DIFFER: {
    severity: 'warn',
    meaning:
      'BIOS and UEFI would boot different kernels from this image, or the same kernel with different arguments.',
    remedy: 'give the firmware of the machine: --firmware bios or --firmware uefi',
  },
  LOADER_NOT_READ: {
    severity: 'warn',
    meaning:
      'UEFI starts a boot loader whose configuration Anneal does not read. Anneal shows what another configuration of the image boots.',
    remedy:
      'compare with the menu that the image shows when it boots; choose the entry with --deployment, or use --whole-disk',
  },
  SHIM_FALLBACK_RESETS: {
    severity: 'warn',
    meaning:
      'UEFI starts shim, and shim its fallback program, which finds no BOOT.CSV in any directory but EFI/BOOT: it resets the machine again and again. Anneal shows what another configuration of the image boots.',
    remedy:
      'put a BOOT.CSV beside the boot loader of the vendor, or remove the fallback program (fbx64.efi) from EFI/BOOT; the converted kernel and ramdisk boot over the network',
  },
  LOADER_SHOWS_NOTHING: {
    severity: 'warn',
    meaning:
      'The boot loader of the image makes no menu of its configuration, so it boots nothing by itself. Anneal shows the entries and kernels that lie in the image.',
    remedy:
      'boot the converted kernel and ramdisk over the network, or write a configuration for the boot loader that is installed; --whole-disk gives a disk that does not boot',
  },
  GRUB_MODULE_MISSING: {
    severity: 'warn',
    meaning:
      'The GRUB that the firmware starts lacks the module for a partition table, a volume manager or a file system, and nothing loads the module before it is needed. That GRUB does not see what lies there.',
    remedy:
      'put the module into the program (grub-mkstandalone or grub-install with --modules), or load it in grub.cfg with insmod; the image may still boot by the other firmware',
  },
  ROOT_AMBIGUOUS: {
    severity: 'warn',
    meaning: 'Several file systems of the image could be its root. Anneal used the first.',
    remedy: 'compare with root= of the boot entries; choose another with --karg root=…',
  },
  ROOT_SUBVOLUME_MISSING: {
    severity: 'warn',
    meaning: '`rootflags=` names a subvolume that is not in the file system.',
    remedy:
      'give the right one with --karg rootflags=subvol=PATH; `anneal image inspect --json` lists the subvolumes',
  },
  ROOT_SUBVOLUME_UNSAID: {
    severity: 'warn',
    meaning:
      'Nothing names the subvolume of the root, and the default subvolume is not the one that holds the system.',
    remedy: 'give it with --karg rootflags=subvol=PATH; `anneal image inspect --json` lists the subvolumes',
  },
  ROOT_FLAGS_APART: {
    severity: 'warn',
    meaning:
      'An earlier `rootflags=` names the subvolume of the root, and the last one does not: an initrd with systemd joins them, any other takes the last one.',
    remedy: 'give all options in one argument: --karg rootflags=subvol=PATH,OPTION',
  },
  ROOT_ENCRYPTED: {
    severity: 'warn',
    meaning:
      'The root file system is encrypted (LUKS). All machines with this image have the same keys, and each asks for one when it boots.',
    remedy:
      '`convert --whole-disk` copies it as it is; let the machine encrypt its disk itself to have keys of its own',
  },
  ROOT_NOT_IN_IMAGE: {
    severity: 'warn',
    meaning: '`root=` names a device that the image does not have.',
    remedy: 'name a device that the machine will have: --karg root=UUID=…',
  },
  ROOT_BY_DEVICE_NAME: {
    severity: 'warn',
    meaning:
      '`root=` uses a device name that differs between machines: /dev/vda1 may be /dev/sda1 or /dev/nvme0n1p1 elsewhere.',
    remedy: 'use its UUID: --karg root=UUID=…',
  },
  ROOT_SPELLING_UNKNOWN: {
    severity: 'warn',
    meaning: '`root=` names the device in a form that the kernel or the initrd does not understand.',
    remedy: 'name the file system as blkid prints its UUID: --karg root=UUID=…; without an initrd, use one',
  },
  INITRD_ON_SECOND_TRY: {
    severity: 'info',
    meaning:
      'The chosen boot entry first boots without an initrd and, if that fails, with one. Anneal takes the second, because a network boot has only one try.',
    remedy: 'nothing to do; --whole-disk leaves the entry as it is',
  },
  ENTRY_BROKEN: {
    severity: 'warn',
    meaning: 'A boot entry names a kernel or an initrd that does not exist. Anneal ignores the entry.',
    remedy: 'correct the entry in the image if you need it',
  },
  UKI_COMPANIONS_LEFT: {
    severity: 'warn',
    meaning:
      'The stub of a unified kernel image hands files beside it to the initrd: credentials, and extensions of the system or of its configuration. Kernel and ramdisk alone do not include them.',
    remedy: 'use --whole-disk, or give their content to the machine in another way',
  },
  UKI_DEVICETREE_BY_MACHINE: {
    severity: 'warn',
    meaning:
      'A unified kernel image has device trees for several machines, and its stub takes the one that fits the machine. Anneal does not know the machine and takes none of them.',
    remedy:
      'nothing to do on a machine whose firmware has its own device tree; otherwise use --whole-disk, or extract the .dtbauto section of the machine (`objcopy -O binary --only-section`) and give it to the boot loader',
  },
  KERNEL_IS_UNIFIED: {
    severity: 'warn',
    meaning:
      'The boot entry names a unified kernel image as its kernel. Anneal takes apart what its stub would put together under UEFI; BIOS, and GRUB before 2.12, cannot start it.',
    remedy:
      'compare the command line with what the image boots with; boot it by UEFI, or name the kernel itself in the entry',
  },
  ENTRY_HAS_NO_TRIES_LEFT: {
    severity: 'warn',
    meaning: 'The boot counter of the chosen entry is used up: systemd-boot treats the entry as bad.',
    remedy: 'choose another entry with --deployment, or remove the counter from the file name',
  },
  ENTRY_LINK_BROKEN: {
    severity: 'refuse',
    meaning: '`ostree=` points to no deployment: the machine would boot to the emergency shell.',
    remedy: 'choose another entry with --deployment; the image is incomplete or was edited by hand',
  },
  DEPLOYMENT_WITHOUT_ENTRY: {
    severity: 'info',
    meaning:
      'No boot entry leads to a deployment: it cannot be booted, and `ostree admin status` does not list it. A failed deploy leaves one behind.',
    remedy: 'nothing to do; `ostree admin cleanup` in the running system removes it',
  },
  VARIABLE_UNRESOLVED: {
    severity: 'warn',
    meaning: 'A boot entry has a variable whose value only GRUB knows. Anneal leaves the variable out.',
    remedy: 'add its value with --karg',
  },
  IGNITION_FIRST_BOOT: {
    severity: 'warn',
    meaning:
      'The command line makes Ignition run. The image wants that once, but a network boot repeats it every time.',
    remedy: 'remove it once the machine is provisioned: --delete-karg ignition.firstboot',
  },
  IGNITION_PLATFORM_MISSING: {
    severity: 'warn',
    meaning: 'The command line does not name the platform, which Ignition needs.',
    remedy: 'add it: --karg ignition.platform.id=metal',
  },
  CONFIGURATION_NOT_UNDERSTOOD: {
    severity: 'warn',
    meaning:
      'A boot loader’s configuration has a statement that Anneal does not understand. Entries after it may be missing.',
    remedy: 'compare the entries with the menu that the image shows when it boots',
  },
  KERNEL_FROM_MODULES: {
    severity: 'info',
    meaning:
      'The image has no boot entry. Anneal uses the kernel beside its modules, and a command line of its own.',
    remedy: 'add the arguments that the machine needs with --karg',
  },
  CONTAINER_ROOT_MISSING: {
    severity: 'info',
    meaning:
      'A container image names no disk, so its command line has no `root=`. `bootc install` adds one when it installs the container.',
    remedy: 'name the root of the machine: --karg root=UUID=…',
  },
  CONTAINER_NOT_BOOTC: {
    severity: 'info',
    meaning: 'The container has a kernel, but not the label that says it is made for bootc.',
    remedy: 'check that its initrd can boot it; `bootc container lint` in the image tells more',
  },
  CONTAINER_SEVERAL_KERNELS: {
    severity: 'warn',
    meaning: 'The container has several kernels. Anneal used the newest; bootc refuses such an image.',
    remedy: 'choose one with --deployment, or remove the others from the image',
  },
  BOOTC_FILE_INVALID: {
    severity: 'warn',
    meaning:
      'A file of bootc in the container is not what bootc reads, and bootc refuses to install the image. Anneal ignores the file.',
    remedy: 'correct the file in the image; `bootc container lint` checks it',
  },
  VERITY_CHECKED: {
    severity: 'info',
    meaning: 'dm-verity checks the root or /usr when the image boots. Anneal keeps the arguments.',
    remedy:
      'nothing to do: if the image has both data and hash tree, Anneal compares what it reads with the hash (VERITY_VERIFIED)',
  },
  VERITY_PARTITION_MISSING: {
    severity: 'warn',
    meaning:
      '`roothash=` or `usrhash=` stands for the PARTUUIDs of the data and of their hash tree, and the image has no such partition: it would not boot.',
    remedy:
      'compare the hash with the partitions that `anneal image inspect --json` lists; the image is incomplete or was edited by hand',
  },
  COMPOSEFS_DEPLOYMENT_MISSING: {
    severity: 'refuse',
    meaning:
      '`composefs=` names a deployment whose image or state directory does not exist: the machine would boot to the emergency shell.',
    remedy: 'choose another entry with --deployment; the image is incomplete or was edited by hand',
  },
  COMPOSEFS_DIGEST_DIFFERS: {
    severity: 'refuse',
    meaning:
      'The composefs image is not the one that the boot entry or the commit names by its fs-verity digest. The machine refuses to boot it, unless it may ignore the digest (`composefs=?…`).',
    remedy:
      'download the disk image again and compare its checksum: the composefs image is damaged, or was exchanged',
  },
  COMPOSEFS_NOT_MEASURED: {
    severity: 'warn',
    meaning:
      'A composefs image is far larger than metadata of a system are. Anneal neither measured nor opened it.',
    remedy: 'get the image from a source that you trust: it is damaged, or made to cause harm',
  },
  ARGUMENTS_UNDONE_LATER: {
    severity: 'warn',
    meaning:
      'Kernel arguments were changed in the boot configuration, but the running system regenerates it from another file, which was not changed.',
    remedy:
      'change them in the running system as well: grubby --update-kernel=ALL, /etc/kernel/cmdline or /etc/default/grub',
  },
  INITRD_MISSING: {
    severity: 'warn',
    meaning: 'The chosen boot entry has no initrd: the kernel must mount the root file system itself.',
    remedy: 'check that the drivers are built into the kernel, and that this is the right entry',
  },
} as const satisfies FindingTable

export const finding = findingsOf(BOOT_FINDINGS)
