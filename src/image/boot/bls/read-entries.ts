import type { Volume } from '../../stack/index.ts'
import { expandOptions } from '../arguments.ts'
import type { Knowledge } from '../arguments.ts'
import { locateBootFile } from '../boot-files.ts'
import type { BootFile } from '../contract.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
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
    return (entry.efi ?? entry.uki ?? entry.ukiUrl) === undefined ? broken('it has no linux') : undefined
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
