import type { Finding } from '../../core/index.ts'
import type { StackNode } from '../stack/index.ts'
import type { ContainerBoot } from './container/container-boot.ts'
import type { BootEntry } from './entry.ts'
import { raise } from './errors.ts'
import { findEntries } from './find-entries.ts'
import { findLoaders } from './find-loader.ts'
import type { FoundLoader } from './find-loader.ts'
import { finding } from './findings.ts'
import { isSameBoot } from './firmware/same-boot.ts'
import { ImageFiles } from './image-files.ts'
import { findLayout } from './layout.ts'
import type { Layout } from './layout.ts'
import type { Loader } from './loader.ts'
import { followBootLink } from './ostree.ts'
import { bootcDeploymentOf } from './composefs/bootc.ts'
import { asBooted } from './composefs/ostree.ts'
import type { TreeReaders } from './composefs/images.ts'
import type { CoreReader } from './firmware/started-core.ts'

export type Firmware = 'bios' | 'uefi'

/** What one firmware finds on an image, or any firmware, where nothing is installed that only one would run. */
export type BootAnswer = Readonly<{
  /** `either`: both would boot this, or no boot loader says which. */
  firmware: Firmware | 'either'
  loader: Loader
  /** In the order of the boot loader's menu. */
  entries: readonly BootEntry[]
  /** Of the entry that boots by itself. */
  defaultIndex: number
  /** About what was read for it; those of an entry are with it. */
  findings: readonly Finding[]
}>

type FoundAnswer = Readonly<{ answer: BootAnswer; fromLoader: boolean }>

/** How an image boots: what is where, and everything that can be chosen. */
export type BootInventory = BootAnswer &
  Readonly<{
    layout: Layout
    /** `asked`: whoever ran it said which firmware the machine has. */
    choice: 'asked' | 'found'
    /** Of a container image. */
    container?: ContainerBoot
    /** What the other firmware would boot, where it has a boot loader to run, too. */
    other?: BootAnswer
  }>

/**
 * Looks at a disk whose stack was detected. What is damaged or missing is a finding; nothing that boots is no error here.
 * Where BIOS and UEFI boot different things and none is asked for, UEFI's is the answer and BIOS's the other. Throws
 * BOOT_FIRMWARE_NONE where the firmware that was asked for finds nothing. Without `readers`, trees that lie in images
 * (composefs) are not opened.
 */
export async function findBoot(
  disk: StackNode,
  options: Readonly<{ signal?: AbortSignal; firmware?: Firmware; readers?: TreeReaders & CoreReader }> = {},
): Promise<BootInventory> {
  const { signal, firmware: wanted } = options
  const files = new ImageFiles(signal)
  if (disk.role === 'container') {
    const { findContainerBoot } = await import('./container/find-container-boot.ts')
    return findContainerBoot(files, disk)
  }
  const layout = await findLayout(files, disk, options.readers)
  const { bios, uefi, cpu } = await findLoaders(files, disk, layout, {
    ...options.readers,
    ...(signal && { signal }),
  })
  const answer = async (firmware: Firmware, loader: FoundLoader): Promise<FoundAnswer> => {
    const own = new ImageFiles(signal)
    const machine =
      firmware === 'bios' ? ({ platform: 'pc', cpu: 'i386' } as const) : ({ platform: 'efi', cpu } as const)
    const found = await findEntries({ files: own, disk, layout, machine }, loader)
    const entries = await Promise.all(found.entries.map((entry) => withDeployment(own, layout, entry)))
    const { loader: shown, defaultIndex, fromLoader } = found
    if (!fromLoader && shown.kind !== 'none' && entries.length > 0) {
      const why = shown.grubReason === undefined ? '' : ` (its GRUB: ${shown.grubReason})`
      own.findings.push(finding('LOADER_SHOWS_NOTHING', shown.configuration, `it makes no menu${why}`))
    }
    return { answer: { firmware, loader: shown, entries, defaultIndex, findings: own.findings }, fromLoader }
  }
  const about = {
    layout,
    choice: wanted === undefined ? ('found' as const) : ('asked' as const),
  }
  const whole = (chosen: BootAnswer, other?: BootAnswer): BootInventory => ({
    ...about,
    ...chosen,
    findings: [
      ...layout.findings,
      ...files.findings,
      ...chosen.findings,
      ...withoutEntry(layout, [chosen, ...(other === undefined ? [] : [other])]),
    ],
    ...(other && { other }),
  })
  if (bios === undefined && uefi === undefined) {
    const none = 'no configuration of GRUB, systemd-boot or extlinux was found'
    const any = await answer('uefi', { kind: 'none', reason: none })
    return whole({ ...any.answer, firmware: 'either' })
  }
  const [ofBios, ofUefi] = [bios && (await answer('bios', bios)), uefi && (await answer('uefi', uefi))]
  const [biosAnswer, uefiAnswer] = [ofBios?.answer, ofUefi?.answer]
  if (wanted !== undefined) {
    const [chosen, other] = wanted === 'bios' ? [biosAnswer, uefiAnswer] : [uefiAnswer, biosAnswer]
    if (chosen === undefined)
      throw raise('BOOT_FIRMWARE_NONE', { image: disk.name, firmware: nameOf(wanted) })
    return whole(chosen, other)
  }
  if (biosAnswer === undefined || uefiAnswer === undefined)
    return whole((uefiAnswer ?? biosAnswer) as BootAnswer)
  // Who shows no menu boots nothing: what lies there all the same is the other's.
  if (ofBios?.fromLoader !== ofUefi?.fromLoader) {
    const [shown, empty] = ofUefi?.fromLoader === true ? [uefiAnswer, biosAnswer] : [biosAnswer, uefiAnswer]
    const nothing = `${nameOf(empty.firmware)} boots nothing: ${empty.loader.configuration} makes no menu`
    const told = finding(
      'FIRMWARES_DIFFER',
      `${nameOf(shown.firmware)} boots by ${shown.loader.configuration}`,
      nothing,
    )
    return whole({ ...shown, findings: [...shown.findings, told] })
  }
  if (!isSameBoot(defaultOf(biosAnswer), defaultOf(uefiAnswer))) return whole(uefiAnswer, biosAnswer)
  // Where GRUB's stub on the EFI system partition leads to the same menu, that menu is what is told of.
  const [shown, other] =
    uefiAnswer.loader.kind === 'systemd-boot' ? [uefiAnswer, biosAnswer] : [biosAnswer, uefiAnswer]
  return whole({ ...shown, firmware: 'either' }, other)
}

export function nameOf(firmware: BootAnswer['firmware']): string {
  return firmware === 'bios' ? 'BIOS' : firmware === 'uefi' ? 'UEFI' : 'either firmware'
}

export function defaultOf({ entries, defaultIndex }: BootAnswer): BootEntry | undefined {
  return entries[defaultIndex] ?? entries[0]
}

/** What `ostree admin status` does not list, either: an interrupted or failed `ostree admin deploy` leaves such a tree. */
function withoutEntry({ deployments }: Layout, answers: readonly BootAnswer[]): readonly Finding[] {
  const booted = new Set(
    answers.flatMap(({ entries }) => entries.flatMap(({ deployment }) => deployment?.path ?? [])),
  )
  return deployments.flatMap(({ address, path, origin }) =>
    booted.has(path)
      ? []
      : [
          finding(
            'DEPLOYMENT_WITHOUT_ENTRY',
            `${address}:${path}`,
            origin === '' ? 'no boot entry leads to it, and it has no origin' : 'no boot entry leads to it',
          ),
        ],
  )
}

async function withDeployment(files: ImageFiles, layout: Layout, entry: BootEntry): Promise<BootEntry> {
  if (layout.system === 'composefs') {
    const { deployment, findings } = bootcDeploymentOf(entry, layout.deployments)
    return { ...entry, ...(deployment && { deployment }), findings: [...entry.findings, ...findings] }
  }
  const link = entry.arguments.findLast(({ key }) => key === 'ostree')?.value
  if (link === undefined || layout.root === undefined) return entry
  const linked = await followBootLink(files, layout.root, link, layout.deployments)
  if (linked !== undefined) {
    const { deployment, findings } = asBooted(linked, entry)
    return { ...entry, deployment, findings: [...entry.findings, ...findings] }
  }
  return { ...entry, findings: [...entry.findings, finding('ENTRY_LINK_BROKEN', entry.file, link)] }
}
