import type { Volume } from '../../stack/index.ts'
import { VERBATIM, expandOptions } from '../arguments.ts'
import type { Knowledge } from '../arguments.ts'
import { locateBootFile } from '../boot-files.ts'
import type { BootFile } from '../contract.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { readUki } from '../uki.ts'
import { parseBlsEntry } from './entry.ts'
import type { BlsEntry } from './entry.ts'

/** An entry's file, and where it was found. */
export type FoundEntry = BlsEntry & Readonly<{ volume: Volume; file: string }>

/** Every entry of `<directory>/loader/entries`; `loader` may be a symbolic link, as ostree has it. */
export async function findBlsEntries(
  files: ImageFiles,
  volume: Volume,
  directory: string,
): Promise<readonly FoundEntry[]> {
  const path = `${directory}/loader/entries`
  const names = (await files.names(volume, path)).filter(
    (name) => /\.conf$/i.test(name) && !/^(?:\.|auto-)/i.test(name),
  )
  const found = await Promise.all(
    names.map(async (name) => {
      const file = await files.text(volume, `${path}/${name}`)
      return file === undefined ? undefined : { ...parseBlsEntry(name, file.text), volume, file: file.file }
    }),
  )
  return found.filter((one) => one !== undefined)
}

/**
 * As systemd-boot has it: an entry for an EFI program (`efi`, `uki`) is an entry, too, and may be the default. undefined where
 * what it names is not there, as there.
 */
export async function completeType1Entry(
  files: ImageFiles,
  entry: FoundEntry,
): Promise<BootEntry | undefined> {
  const { volume, file, efi, id, title, version, triesLeft } = entry
  if (entry.linux !== undefined || efi === undefined) return completeBlsEntry(files, entry, VERBATIM)
  const program = await locateBootFile(files, volume, efi.text)
  if (program === undefined) {
    files.findings.push(finding('ENTRY_BROKEN', file, `${efi.text} (line ${efi.line}) is not there`))
    return undefined
  }
  const about = {
    id,
    title: title === '' ? id : title,
    version,
    file,
    ...(triesLeft !== undefined && { triesLeft }),
  }
  const line = entry.options.at(-1)?.line
  const text = entry.options.map((one) => one.text).join(' ')
  // What the boot loader gives the stub takes the place of what is in the image.
  const given = line === undefined ? undefined : { text, file, line }
  const [uki] = await readUki(files, volume, program.path, given)
  if (uki !== undefined) return { ...uki.entry, ...about, source: 'uki' }
  const unbootable = `it runs ${efi.text}, an EFI program that is no Linux kernel`
  return {
    ...about,
    source: 'bls',
    initrds: [],
    arguments: [],
    init: '',
    findings: [],
    unbootable,
    isOther: true,
  }
}

/** The entry with its files. undefined, with a finding, where a file that it names is not there. */
export async function completeBlsEntry(
  files: ImageFiles,
  entry: FoundEntry,
  known: Knowledge,
): Promise<BootEntry | undefined> {
  const { volume, file } = entry
  const broken = (what: string): undefined => {
    files.findings.push(finding('ENTRY_BROKEN', file, what))
  }
  if (entry.linux === undefined) {
    // Entries for EFI programs (a shell, a memory test) are none that can be booted without firmware.
    return entry.efi === undefined ? broken('it has no linux') : undefined
  }
  const kernel = await locateBootFile(files, volume, entry.linux.text)
  if (kernel === undefined) return broken(`${entry.linux.text} (line ${entry.linux.line}) is not there`)
  const initrds: BootFile[] = []
  for (const { text, line } of entry.initrds) {
    // GRUB's own entries may name several, and a variable such as $tuned_initrd.
    for (const path of text.split(/\s+/).filter((one) => one !== '' && !one.startsWith('$'))) {
      const initrd = await locateBootFile(files, volume, path)
      if (initrd === undefined) return broken(`${path} (line ${line}) is not there`)
      initrds.push(initrd)
    }
  }
  const devicetree = entry.devicetree && (await locateBootFile(files, volume, entry.devicetree.text))
  const expanded = entry.options.map(({ text, line }) =>
    expandOptions(text, { kind: 'bls', file, line }, known),
  )
  const { id, title, version, triesLeft } = entry
  const line = entry.options.at(-1)?.line
  return {
    id,
    title: title === '' ? id : title,
    version,
    source: 'bls',
    file,
    kernel,
    initrds,
    arguments: expanded.flatMap((one) => one.arguments),
    argumentsAt: { kind: 'bls', file, ...(line !== undefined && { line }) },
    init: expanded.findLast(({ init }) => init !== '')?.init ?? '',
    findings: expanded.flatMap((one) => one.findings),
    ...(triesLeft !== undefined && { triesLeft }),
    ...(devicetree && { devicetree }),
  }
}
