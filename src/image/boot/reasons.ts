import type { KernelArgument } from '../../core/index.ts'

/** What an argument is for, as far as booting depends on it: dracut.cmdline(7), kernel-command-line(7), ostree. */
const MEANINGS: Readonly<Record<string, string>> = {
  root: 'which device becomes the root file system',
  rootfstype: 'its type',
  rootflags: 'how it is mounted',
  ro: 'it is mounted read-only first',
  rw: 'it is mounted for writing',
  ostree: 'which deployment is booted',
  roothash: 'dm-verity checks the root with this hash',
  usrhash: 'dm-verity checks /usr with this hash',
  composefs: 'which image of files is booted, by its digest',
  'rd.lvm.lv': 'the initrd activates this logical volume, and no other',
  'rd.luks.uuid': 'the initrd opens this encrypted device',
  'rd.md.uuid': 'the initrd assembles this array',
  'rd.neednet': 'the initrd brings up the network',
  ip: 'how the initrd sets up the network',
  console: 'where the kernel writes; the last one is /dev/console',
  'ignition.firstboot': 'Ignition sets the machine up',
  'ignition.platform.id': 'where Ignition looks for its configuration',
  'net.ifnames': 'how network interfaces are called',
  selinux: 'whether SELinux is on',
  init: 'what the kernel starts first',
  'systemd.unit': 'what systemd starts',
  mitigations: 'which mitigations of the processor’s flaws are on',
}

/** `what it is for; where it comes from`. */
export function reasonOf(argument: KernelArgument, from: string): string {
  const meaning = namesSubvolume(argument) ? 'which subvolume becomes the root' : MEANINGS[argument.key]
  return meaning === undefined ? from : `${meaning}; ${from}`
}

function namesSubvolume({ key, value }: KernelArgument): boolean {
  return key === 'rootflags' && /(?:^|,)subvol(?:id)?=/.test(value ?? '')
}
