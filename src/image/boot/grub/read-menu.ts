import { parseKernelCommandLine } from '../../../core/index.ts'
import { atDefaultSubvolume, wholeOf } from '../../stack/index.ts'
import type { Volume } from '../../stack/index.ts'
import { describe, expandOptions } from '../arguments.ts'
import type { Knowledge } from '../arguments.ts'
import { locateBootFile } from '../boot-files.ts'
import type { BootArgument, BootFile } from '../contract.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles, TextFile } from '../image-files.ts'
import { reasonOf } from '../reasons.ts'
import { readUki } from '../uki.ts'
import type { GrubDevices } from './devices.ts'
import { dialectOf } from './dialect.ts'
import type { GrubKind } from './dialect.ts'
import type { Expanded } from './expand.ts'
import type { FollowLink } from './linked-file.ts'
import type { GrubEntry, GrubMenu } from './menu.ts'
import type { GrubModules } from './modules.ts'
import { runGrub } from './run-grub.ts'
import { RELATIVE_PATHS } from './state.ts'

/** A configuration that GRUB is installed with. */
export type GrubConfiguration = Readonly<{
  volume: Volume
  prefix: string
  file: TextFile
  /** Its paths begin at the default subvolume: see `RELATIVE_PATHS`. */
  isRelative?: boolean
  /** What the program carries that reads it. */
  memdisk?: Volume
  /** Which it has when it reads that; left out where they are not known. */
  modules?: GrubModules
  /** Variables that the configuration inside the program set. */
  before?: ReadonlyMap<string, string>
}>

/** `grub2` is Fedora's and Red Hat's name for it, `grub` everybody else's. */
export async function findGrubConfiguration(
  files: ImageFiles,
  volume: Volume,
  directory: string,
): Promise<GrubConfiguration | undefined> {
  for (const name of ['grub2', 'grub']) {
    const prefix = `${directory}/${name}`
    const file = await files.text(volume, `${prefix}/grub.cfg`)
    if (file !== undefined) return fromTopLevel(volume, prefix, file)
  }
  return undefined
}

/**
 * GRUB's paths begin at the top level of a btrfs. With the patch that SUSE and Fedora have, they begin at the default
 * subvolume where a variable says so.
 */
function fromTopLevel(volume: Volume, prefix: string, file: TextFile): GrubConfiguration {
  if (volume.subvolume === undefined) return { volume, prefix, file }
  const isDefault = atDefaultSubvolume(volume).address === volume.address
  if (isDefault && file.text.includes(RELATIVE_PATHS)) return { volume, prefix, file, isRelative: true }
  return { volume: wholeOf(volume), prefix: `${volume.subvolume}${prefix}`, file }
}

export async function readGrubMenu(
  files: ImageFiles,
  devices: GrubDevices,
  { volume, prefix, file, isRelative, modules, before }: GrubConfiguration,
  grub: Readonly<{ kind: GrubKind; platform: 'efi' | 'pc'; cpu: string; follow?: FollowLink }>,
): Promise<GrubMenu> {
  const { kind, platform, cpu, follow } = grub
  return runGrub(
    files,
    devices,
    {
      dialect: dialectOf(kind),
      platform,
      cpu,
      volume,
      prefix,
      ...(isRelative === true && { isRelative }),
      ...(follow && { follow }),
      ...(modules && { modules }),
      ...(before && { before }),
    },
    file,
  )
}

/** A menu entry with its files. One that cannot be booted without its boot loader says why. */
export async function completeGrubEntry(
  files: ImageFiles,
  entry: GrubEntry,
  grub: Readonly<{ kind: GrubKind; known: Knowledge }>,
): Promise<BootEntry> {
  const { madeOf } = entry
  const file = madeOf?.file ?? describe(entry.source)
  const about = {
    id: entry.id === '' ? entry.position : entry.id,
    title: entry.title,
    version: madeOf?.version ?? '',
    source: madeOf === undefined ? ('grub.cfg' as const) : ('bls' as const),
    file,
    names: [entry.position, entry.id, entry.title, entry.chosen],
  }
  if (entry.chained !== undefined) {
    const { volume, path } = entry.chained
    const [uki] = await readUki(files, volume, path)
    if (uki !== undefined) return { ...uki.entry, ...about, source: 'uki' }
  }
  const broken = (unbootable: string): BootEntry => {
    files.findings.push(finding('ENTRY_BROKEN', file, unbootable))
    return { ...about, initrds: [], arguments: [], init: '', findings: [], unbootable }
  }
  if (entry.other !== undefined) {
    const unbootable = `it runs “${entry.other}”, which is no Linux kernel that can be taken out of the image`
    return { ...about, initrds: [], arguments: [], init: '', findings: [], unbootable, isOther: true }
  }
  if (entry.kernel === undefined) {
    const unbootable = 'it loads no kernel'
    return { ...about, initrds: [], arguments: [], init: '', findings: [], unbootable, isOther: true }
  }
  const kernel = await locateBootFile(files, entry.kernel.volume, entry.kernel.path)
  if (kernel === undefined) return broken(`${entry.kernel.path} is not there`)
  const initrds: BootFile[] = []
  for (const { volume, path } of entry.initrds) {
    const initrd = await locateBootFile(files, volume, path)
    if (initrd === undefined) return broken(`${path} is not there`)
    initrds.push(initrd)
  }
  const devicetree =
    entry.devicetree && (await locateBootFile(files, entry.devicetree.volume, entry.devicetree.path))
  const { secondTry, ...first } = entry
  const before = files.findings.length
  const second = secondTry && (await completeGrubEntry(files, { ...first, ...secondTry }, grub))
  // A second try whose files are not there is none.
  files.findings.length = before
  return {
    ...about,
    kernel,
    initrds,
    ...(second?.kernel !== undefined && { secondTry: second }),
    ...argumentsOf(entry, grub),
    ...(devicetree && { devicetree }),
  }
}

function argumentsOf(
  entry: GrubEntry,
  { kind, known }: Readonly<{ kind: GrubKind; known: Knowledge }>,
): Pick<BootEntry, 'arguments' | 'init' | 'findings' | 'argumentsAt'> {
  const { madeOf, kernel } = entry
  const line = entry.arguments.map(({ text }) => loaderWord(text, kind)).join(' ')
  const whole = parseKernelCommandLine(line)
  if (madeOf !== undefined) {
    const { optionsLine, file, options } = madeOf
    const source = { kind: 'bls' as const, file, ...(optionsLine !== undefined && { line: optionsLine }) }
    // The line of the file says where each argument is from; what GRUB makes of it decides.
    const expanded = expandOptions(options, source, known)
    const isSame =
      expanded.init === whole.init &&
      expanded.arguments.length === whole.arguments.length &&
      expanded.arguments.every((one, index) => one.text === whole.arguments[index]?.text)
    const all = isSame
      ? expanded.arguments
      : whole.arguments.map((one) => ({ ...one, source, reason: reasonOf(one, describe(source)) }))
    return { arguments: all, init: whole.init, findings: expanded.findings, argumentsAt: source }
  }
  const at = kernel?.source
  const dashes = entry.arguments.findIndex(({ text }) => text === '--')
  const own = dashes === -1 ? entry.arguments : entry.arguments.slice(0, dashes)
  const single = own.flatMap((one) => toArgument(one, kind))
  const isSame =
    single.length === whole.arguments.length &&
    single.every((one, index) => one.text === whole.arguments[index]?.text)
  return {
    // A quote that is open at the end of a word takes in the next ones.
    arguments: isSame
      ? single
      : whole.arguments.map((one) => {
          const source = at ?? entry.source
          return { ...one, source, reason: reasonOf(one, describe(source)) }
        }),
    init: whole.init,
    findings: [],
    ...(at !== undefined && 'file' in at && { argumentsAt: at }),
  }
}

function toArgument({ text, source }: Expanded, kind: GrubKind): readonly BootArgument[] {
  return parseKernelCommandLine(loaderWord(text, kind)).arguments.map((one) => ({
    ...one,
    source,
    reason: reasonOf(one, describe(source)),
  }))
}

/**
 * A word as GRUB hands it to the kernel (grub_create_loader_cmdline in grub-core/lib/cmdline.c): quotes around one with
 * spaces, a backslash before quotes and backslashes. Fedora's leaves `\xHH` alone.
 */
function loaderWord(text: string, kind: GrubKind): string {
  const special = kind === 'fedora' ? /\\(?!x[0-9a-fA-F]{2})|['"]/g : /[\\'"]/g
  const escaped = text.replaceAll(special, '\\$&')
  return text.includes(' ') ? `"${escaped}"` : escaped
}
