import { formatKernelCommandLine, kernelArgument, lintForIronic } from '../../core/index.ts'
import type { Change } from '../../contract/index.ts'
import { devicesIn } from '../boot/index.ts'
import type { BootArgument, BootContract } from '../boot/index.ts'
import { raise } from './errors.ts'
import type { Initramfs } from '../initramfs/index.ts'
import { ROOT_IMAGE_NAME } from './root-wish.ts'
import type { RootWish } from './root-wish.ts'

/** Arguments about the root of before. */
const OF_ROOT: Readonly<Record<string, string>> = {
  root: 'the root is the live image',
  rootfstype: 'the live image has its own type',
  rootflags: 'they are for mounting the file system that the image had',
  rootdelay: 'there is no disk to wait for',
  rootwait: 'there is no disk to wait for',
  ro: 'writes go to memory, so that the root is writable',
  ostree: 'the deployment’s tree is the root itself: there is no repository to boot from',
  'ostree.prepare-root.composefs': 'there is no ostree repository',
  resume: 'there is no disk to resume from',
  resume_offset: 'there is no disk to resume from',
  noresume: 'there is no disk to resume from',
}
const OF_DISKS = /^(?:rd\.)?(?:lvm|luks|md|dm)(?:\.|$)/
/** What is about the entry's own root, and said of a live image makes no sense. */
const OLD_FINDINGS = /^(?:ROOT_|KARG_|CONTAINER_ROOT_)/

export type LiveContract = Readonly<{ contract: BootContract; changes: readonly Change[] }>

/**
 * The contract of the live image: what is about disks is taken off, and what the initramfs needs to know comes first. What
 * was asked for with --karg stays, whatever it is. Throws LIVE_INITRAMFS_LACKS.
 */
export function liveContract(
  image: string,
  contract: BootContract,
  initramfs: Initramfs,
  wish: RootWish,
): LiveContract {
  const changes: Change[] = []
  const kept = contract.arguments.filter((argument) => {
    if (argument.source.kind === 'karg') return true
    const why = whyDropped(argument)
    // What Anneal made for a base was never in the image.
    if (why !== undefined && argument.source.kind !== 'made')
      changes.push({ file: 'command line', what: `${argument.text} is left out`, reason: why })
    return why === undefined
  })
  const own = argumentsFor(image, initramfs, wish)
  const keys = new Set(kept.map(({ key }) => key))
  const all = [...own.filter(({ key }) => !keys.has(key)), ...kept]
  const commandLine = formatKernelCommandLine({ arguments: all, init: contract.init })
  const { root: _root, rootBefore: _before, ...rest } = contract
  return {
    contract: {
      ...rest,
      arguments: all,
      commandLine,
      findings: [
        ...contract.findings.filter(({ code }) => !OLD_FINDINGS.test(code)),
        ...lintForIronic(commandLine),
      ],
    },
    changes,
  }
}

function whyDropped({ key, text }: BootArgument): string | undefined {
  const why = OF_ROOT[key]
  if (why !== undefined) return why
  if (OF_DISKS.test(key)) return 'it is about volumes on a disk, and there is none'
  return devicesIn(text).length > 0 ? 'it names a device of the disk, and there is none' : undefined
}

function argumentsFor(
  image: string,
  initramfs: Initramfs,
  { place, check }: RootWish,
): readonly BootArgument[] {
  const { made, dmsquashLive, livenet, netroot, busybox, dmsetup } = initramfs
  const lacks = (needed: string, remedy: string): Error =>
    raise('LIVE_INITRAMFS_LACKS', { image, initramfs: made, needed, remedy })
  if (made === 'initramfs-tools') {
    if (place.in === 'file')
      throw lacks(
        'script that fetches a root image',
        'leave --root-url out: the root image is then in the ramdisk',
      )
    if (!busybox) {
      const remedy = 'in the image, install busybox, and make the initramfs again: update-initramfs -u'
      throw lacks('busybox, which attaches the root image to a loop device', remedy)
    }
    if (check === 'verity' && !dmsetup) {
      const remedy =
        'in the image, install dmsetup, and make the initramfs again: update-initramfs -u; or leave --verity out'
      throw lacks('dmsetup, which has the kernel check the root image', remedy)
    }
    return [
      make(
        'boot',
        'anneal',
        'the root is an image in the ramdisk, which the script /scripts/anneal mounts (initramfs-tools)',
      ),
      make('rw', undefined, 'the root is writable, in memory'),
    ]
  }
  if (made !== 'dracut') {
    throw lacks(
      'dracut with its module dmsquash-live, and no initramfs-tools',
      'in the image, install dracut-live (Fedora, RHEL; with Debian 12 also dracut-network), and make the initramfs with it: dracut --force --add "dmsquash-live livenet"',
    )
  }
  if (check === 'verity') {
    throw lacks(
      'way to check a root image: dracut’s dmsquash-live mounts it without dm-verity',
      'leave --verity out; an image with initramfs-tools can be checked',
    )
  }
  if (!dmsquashLive) {
    throw lacks(
      'module dmsquash-live',
      'in the image, install dracut-live and make the initramfs again: dracut --force --no-hostonly --add "dmsquash-live livenet"',
    )
  }
  if (place.in === 'file' && !livenet) {
    throw lacks(
      'module livenet, which fetches the root image',
      'leave --root-url out: the root image is then in the ramdisk; or make the initramfs again: dracut --force --no-hostonly --add "dmsquash-live livenet"',
    )
  }
  if (place.in === 'file' && !netroot) {
    throw lacks(
      'network module that starts livenet',
      'leave --root-url out: the root image is then in the ramdisk; or in the image install NetworkManager or a DHCP client, and make the initramfs with network-manager or network-legacy',
    )
  }
  return [
    place.in === 'ramdisk'
      ? make(
          'root',
          `live:/${ROOT_IMAGE_NAME}`,
          'the root is an image, which lies in the ramdisk (dracut, dmsquash-live)',
        )
      : make(
          'root',
          `live:${place.url}`,
          'the root is an image, which is fetched from there (dracut, livenet)',
        ),
    make('rd.live.image', undefined, 'the root is a live image (dracut, dmsquash-live)'),
    make(
      'rd.live.overlay.overlayfs',
      '1',
      'what is written goes to memory, over the read-only image (dracut, dmsquash-live)',
    ),
    make('rw', undefined, 'the root is writable, in memory'),
    ...(place.in === 'ramdisk'
      ? []
      : [
          make('ip', 'dhcp', 'the initrd sets up the network, to fetch the root image'),
          make('rd.neednet', '1', 'the initrd brings up the network, to fetch the root image'),
        ]),
  ]
}

function make(key: string, value: string | undefined, reason: string): BootArgument {
  const argument = value === undefined ? { key, text: key } : kernelArgument(key, value)
  return { ...argument, source: { kind: 'made' }, reason }
}
