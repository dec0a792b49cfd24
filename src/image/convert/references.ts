import type { Finding } from '../../core/index.ts'
import { ImageFiles, devicesIn, devicesOfArgument, matchReference, namedBy } from '../boot/index.ts'
import type { BootAnswer, BootContract, BootInventory } from '../boot/index.ts'
import { findVolume } from '../stack/index.ts'
import type { StackNode, Volume } from '../stack/index.ts'
import type { Base } from './base.ts'
import { placeOfDevice } from './device-place.ts'
import { finding } from './findings.ts'

/** What the running system makes boot entries and initrds of: /etc/default/grub, kernel-install(8), initramfs-tools, dracut. */
const SOURCES = [
  '/etc/default/grub',
  '/etc/kernel/cmdline',
  '/etc/initramfs-tools/conf.d/resume',
  '/etc/dracut.conf',
]
const SOURCE_DIRECTORIES = ['/etc/default/grub.d', '/etc/dracut.conf.d']

/** What the command line of a base names that does not come along, or is called otherwise where the base is written. */
export function referencesOfArguments(
  disk: StackNode,
  base: Base,
  contract: BootContract,
): readonly Finding[] {
  return contract.arguments.flatMap((argument) => {
    const { key, text } = argument
    return devicesOfArgument(argument).flatMap((device) => {
      const place = placeOfDevice(disk, base, device)
      if (place.at === 'there') return []
      if (place.at === 'left behind')
        return [
          finding('REFERENCE_LEFT_BEHIND', text, `${device} is ${place.what}, which is not in the base`),
        ]
      // A root= that nothing in the image is has a finding of its own.
      if (place.at === 'unknown')
        return key === 'root' ? [] : [finding('REFERENCE_UNKNOWN', text, `nothing in the image is ${device}`)]
      return [
        finding('REFERENCE_NOT_KEPT', text, `${device} is the base here, and is called otherwise there`),
      ]
    })
  })
}

/** The same in the files of the base: boot entries, and what the running system makes entries and initrds of. One for a file. */
export async function referencesInFiles(
  disk: StackNode,
  base: Base,
  inventory: BootInventory,
  root: Volume,
  systemRoot: string,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const files = new ImageFiles(signal)
  const texts = new Map<string, string>()
  for (const { volume, path } of entryFiles(disk, inventory, root)) {
    const file = await files.text(volume, path)
    if (file !== undefined) texts.set(file.file, file.text)
  }
  const prefix = systemRoot === '/' ? '' : systemRoot
  const named = await Promise.all(
    SOURCE_DIRECTORIES.map(async (directory) =>
      (await files.names(root, `${prefix}${directory}`))
        .filter((name) => /\.(?:cfg|conf)$/.test(name))
        .map((name) => `${directory}/${name}`),
    ),
  )
  for (const path of [...SOURCES, ...named.flat()]) {
    const file = await files.text(root, path, { root: systemRoot })
    if (file !== undefined) texts.set(file.file, file.text)
  }
  return Array.from(texts).flatMap(([file, text]) => referencesInText(disk, base, file, text).slice(0, 1))
}

function referencesInText(disk: StackNode, base: Base, file: string, text: string): readonly Finding[] {
  return text.split('\n').flatMap((line, index) => {
    if (/^\s*#/.test(line)) return []
    const [, forced] = /^\s*GRUB_FORCE_PARTUUID=["']?([^"'\s]+)/.exec(line) ?? []
    const devices = forced === undefined ? devicesIn(line) : [`PARTUUID=${forced}`]
    return devices.flatMap((device) => {
      const place = placeOfDevice(disk, base, device)
      const subject = `${file}:${index + 1}`
      if (place.at === 'left behind')
        return [
          finding(
            'REFERENCE_LEFT_BEHIND',
            subject,
            `it says ${device}, which is ${place.what} and not in the base`,
          ),
        ]
      const lasts = place.at === 'there' || (place.at === 'unknown' && namedBy(device) === 'content')
      return lasts ? [] : [finding('REFERENCE_NOT_KEPT', subject, `it says ${device}`)]
    })
  })
}

/** Paths of the configurations that make the entries of either firmware, as far as they lie in the base. */
function entryFiles(
  disk: StackNode,
  inventory: BootInventory,
  root: Volume,
): readonly Readonly<{ volume: Volume; path: string }>[] {
  const answers: readonly BootAnswer[] = [
    inventory,
    ...(inventory.other === undefined ? [] : [inventory.other]),
  ]
  const all = answers.flatMap(({ entries }) =>
    entries.flatMap(({ argumentsAt }) => (argumentsAt === undefined ? [] : [argumentsAt.file])),
  )
  return [...new Set(all)].flatMap((file) => {
    const [, address = '', path = ''] = /^([^:]*):(.*)$/s.exec(file) ?? []
    // Also in another subvolume of it.
    const volume = address.startsWith(root.node.address) ? findVolume(disk, address) : undefined
    return volume?.node === root.node ? [{ volume, path }] : []
  })
}

/** On a whole disk everything comes along; but what one machine calls a device, another one may not. */
export async function machineNames(
  disk: StackNode,
  { layout }: BootInventory,
  contract: BootContract,
  signal?: AbortSignal,
): Promise<readonly Finding[]> {
  const tell = (subject: string, device: string): readonly Finding[] => {
    if (namedBy(device) !== 'machine') return []
    const [here] = matchReference(disk, device)
    return here === undefined
      ? [finding('REFERENCE_UNKNOWN', subject, `nothing in the image is ${device}`)]
      : [
          finding(
            'REFERENCE_NOT_KEPT',
            subject,
            `${device} is ${here.address}, and another machine may call it otherwise`,
          ),
        ]
  }
  // root= has a finding of its own.
  const own = contract.arguments.flatMap((argument) =>
    argument.key === 'root'
      ? []
      : devicesOfArgument(argument).flatMap((device) => tell(argument.text, device)),
  )
  const { root } = layout
  if (root === undefined) return own
  const systemRoot = contract.deployment?.path ?? '/'
  const files = new ImageFiles(signal)
  const tables = await Promise.all(
    ['/etc/fstab', '/etc/crypttab'].map((path) => files.text(root, path, { root: systemRoot })),
  )
  return [
    ...own,
    ...tables.flatMap((table) =>
      (table?.text ?? '')
        .split('\n')
        .flatMap((line, index) =>
          /^\s*#/.test(line)
            ? []
            : devicesIn(line).flatMap((device) => tell(`${table?.file}:${index + 1}`, device)),
        ),
    ),
  ]
}
