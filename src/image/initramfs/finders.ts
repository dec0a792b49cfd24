import type { Initramfs } from './read-initramfs.ts'

/** What looks for the device that `root=` names. */
export type RootFinder =
  | 'kernel'
  | 'systemd'
  | 'dracut'
  | 'initramfs-tools'
  | 'mkinitcpio'
  | 'booster'
  | 'unknown'

/** As `root=` may spell a device. */
type Spelling =
  | 'uuid'
  | 'label'
  | 'partuuid'
  | 'partuuid and offset'
  | 'partlabel'
  | 'link'
  | 'path'
  | 'number'

type Knowledge = Readonly<{
  finds: readonly Spelling[]
  /** `UUID="…"`: the quotes are taken off. */
  takesQuotes: boolean
  /** Capitals in a UUID are the same number. */
  ignoresCase: boolean
}>

const TAGS = ['uuid', 'label', 'partuuid', 'partlabel'] as const

/**
 * The kernel: block/early-lookup.c. systemd: fstab-generator, which waits for a link of udev of exactly that name. dracut:
 * label_uuid_to_dev in dracut-lib.sh, the same. initramfs-tools: resolve_device and parse_numeric in scripts/functions, with
 * blkid. mkinitcpio: resolve_device in init_functions. booster: parseDeviceRef in init/deviceref.go.
 */
const KNOWS: Readonly<Record<Exclude<RootFinder, 'unknown'>, Knowledge>> = {
  kernel: {
    finds: ['partuuid', 'partuuid and offset', 'partlabel', 'path', 'number'],
    takesQuotes: false,
    ignoresCase: true,
  },
  systemd: { finds: [...TAGS, 'link', 'path'], takesQuotes: true, ignoresCase: false },
  dracut: { finds: [...TAGS, 'link', 'path'], takesQuotes: false, ignoresCase: false },
  'initramfs-tools': { finds: [...TAGS, 'link', 'path', 'number'], takesQuotes: true, ignoresCase: false },
  mkinitcpio: { finds: [...TAGS, 'link', 'path', 'number'], takesQuotes: true, ignoresCase: false },
  booster: {
    finds: [...TAGS, 'partuuid and offset', 'link', 'path'],
    takesQuotes: false,
    ignoresCase: true,
  },
}

const NAMES: Readonly<Record<RootFinder, string>> = {
  kernel: 'the kernel',
  systemd: 'systemd in the initrd',
  dracut: 'dracut',
  'initramfs-tools': 'initramfs-tools',
  mkinitcpio: 'mkinitcpio',
  booster: 'booster',
  unknown: 'the initrd',
}

/** Who finds the root of a system that boots with this initramfs; with none, it is the kernel. */
export function finderOf(initramfs: Pick<Initramfs, 'made' | 'systemd'> | undefined): RootFinder {
  if (initramfs === undefined) return 'kernel'
  if (initramfs.made === 'initramfs-tools' || initramfs.made === 'booster') return initramfs.made
  if (initramfs.systemd) return 'systemd'
  return initramfs.made === 'something else' ? 'unknown' : initramfs.made
}

/**
 * Why a device of `root=` is not found as it is spelled; undefined where it is found, or nobody can say. `exact` is the value as
 * blkid and udev write it, where the image has that device.
 */
export function unfindable(finder: RootFinder, device: string, exact?: string): string | undefined {
  if (finder === 'unknown') return undefined
  const spelling = spellingOf(device)
  if (spelling === undefined) return undefined
  const { finds, takesQuotes, ignoresCase } = KNOWS[finder]
  const who = NAMES[finder]
  if (!finds.includes(spelling) || (finder === 'kernel' && /^\/dev\/[^/]+\//.test(device)))
    return `${who} does not find a device by ${TOLD[spelling]}`
  // Hexadecimal, as LILO has it.
  if (finder === 'mkinitcpio' && /^\d+:\d+$/.test(device))
    return `${who} does not find a device by major:minor`
  const value = /^[A-Z]+=(.*)$/s.exec(device)?.[1]
  if (value?.startsWith('"') === true && !takesQuotes) return `${who} takes the quotes for a part of the name`
  const plain = value?.replace(/^"(.*)"$/s, '$1')
  if (
    !ignoresCase &&
    plain !== undefined &&
    exact !== undefined &&
    plain !== exact &&
    plain.toLowerCase() === exact.toLowerCase()
  )
    return `${who} tells capitals from small letters, and the name is ${exact}`
  return undefined
}

const TOLD: Readonly<Record<Spelling, string>> = {
  uuid: 'the UUID of its file system',
  label: 'the label of its file system',
  partuuid: 'its PARTUUID',
  'partuuid and offset': 'its distance from another partition',
  partlabel: 'the name of its partition',
  link: 'a link of udev',
  path: 'a link or a volume in /dev',
  number: 'its number',
}

function spellingOf(device: string): Spelling | undefined {
  if (/^PARTUUID=[^/]+\/PARTNROFF=/i.test(device)) return 'partuuid and offset'
  const [, tag] = /^(UUID|LABEL|PARTUUID|PARTLABEL)=/.exec(device) ?? []
  if (tag !== undefined) return tag.toLowerCase() as Spelling
  if (device.startsWith('/dev/disk/')) return 'link'
  if (/^\/dev\/(?:nfs|cifs|root|ram\d*)$/.test(device)) return undefined
  if (device.startsWith('/dev/')) return 'path'
  return /^(?:\d+:\d+|[0-9A-Fa-f]{3,8})$/.test(device) ? 'number' : undefined
}
