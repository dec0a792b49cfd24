import { parseKernelCommandLine } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import { describe } from '../arguments.ts'
import { locateBootFile } from '../boot-files.ts'
import type { BootArgument, BootFile } from '../contract.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles, TextFile } from '../image-files.ts'
import { reasonOf } from '../reasons.ts'
import type { GrubDevices } from './devices.ts'
import { GrubMachine } from './machine.ts'
import type { Expanded, GrubEntry, GrubMenu } from './machine.ts'

/** A configuration that GRUB is installed with. */
export type GrubConfiguration = Readonly<{ volume: Volume; prefix: string; file: TextFile }>

/** `grub2` is Fedora's and Red Hat's name for it, `grub` everybody else's. */
export async function findGrubConfiguration(
  files: ImageFiles,
  volume: Volume,
  directory: string,
): Promise<GrubConfiguration | undefined> {
  for (const name of ['grub2', 'grub']) {
    const prefix = `${directory}/${name}`
    const file = await files.text(volume, `${prefix}/grub.cfg`)
    if (file !== undefined) return { volume, prefix, file }
  }
  return undefined
}

export async function readGrubMenu(
  files: ImageFiles,
  devices: GrubDevices,
  { volume, prefix, file }: GrubConfiguration,
  platform: 'efi' | 'pc',
): Promise<GrubMenu> {
  return new GrubMachine(files, devices).run(volume, file, prefix, platform)
}

/** A menu entry with its files. undefined where it boots no kernel, or (with a finding) where a file is not there. */
export async function completeGrubEntry(files: ImageFiles, entry: GrubEntry): Promise<BootEntry | undefined> {
  const file = describe(entry.source)
  if (entry.kernel === undefined) return undefined
  const kernel = await locateBootFile(files, entry.kernel.volume, entry.kernel.path)
  if (kernel === undefined) {
    files.findings.push(finding('ENTRY_BROKEN', file, `${entry.kernel.path} is not there`))
    return undefined
  }
  const initrds: BootFile[] = []
  for (const { volume, path } of entry.initrds) {
    const initrd = await locateBootFile(files, volume, path)
    if (initrd === undefined) {
      files.findings.push(finding('ENTRY_BROKEN', file, `${path} is not there`))
      return undefined
    }
    initrds.push(initrd)
  }
  const devicetree =
    entry.devicetree && (await locateBootFile(files, entry.devicetree.volume, entry.devicetree.path))
  const at = entry.kernel.source
  const dashes = entry.arguments.findIndex(({ text }) => text === '--')
  const own = dashes === -1 ? entry.arguments : entry.arguments.slice(0, dashes)
  return {
    id: entry.id === '' ? entry.position : entry.id,
    title: entry.title,
    version: '',
    source: 'grub.cfg',
    file,
    kernel,
    initrds,
    arguments: own.flatMap(toArgument),
    init:
      dashes === -1
        ? ''
        : entry.arguments
            .slice(dashes + 1)
            .map(({ text }) => text)
            .join(' '),
    findings: [],
    ...('file' in at && { argumentsAt: at }),
    ...(devicetree && { devicetree }),
  }
}

/** GRUB took the quotes off; a word with spaces gets them back, as `linux` does (grub_create_loader_cmdline). */
function toArgument({ text, source }: Expanded): readonly BootArgument[] {
  const quoted = /\s/.test(text) && !text.includes('"') ? text.replace(/^([^=]*=)?(.*)$/s, '$1"$2"') : text
  return parseKernelCommandLine(quoted).arguments.map((one) => ({
    ...one,
    source,
    reason: reasonOf(one, describe(source)),
  }))
}
