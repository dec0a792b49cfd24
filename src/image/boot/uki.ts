import { EXIT, isAnnealError } from '../../core/index.ts'
import type { PeSection } from '../../formats/pe/index.ts'
import type { Volume } from '../stack/index.ts'
import { VERBATIM, expandOptions } from './arguments.ts'
import { parseBlsFileName } from './bls/entry.ts'
import type { BlsEntry } from './bls/entry.ts'
import type { BootFile } from './contract.ts'
import type { BootEntry } from './entry.ts'
import { finding } from './findings.ts'
import type { ImageFiles } from './image-files.ts'
import { parseOsRelease } from './os-release.ts'

/** A unified kernel image (Boot Loader Specification, type 2), with what it is sorted by. */
export type UkiEntry = Readonly<{ sorting: BlsEntry; entry: BootEntry }>

/** Far more than any text in one. */
const TEXT_LIMIT_BYTES = 1 << 16

/** Every `.efi` below /EFI/Linux (bootc: /EFI/Linux/bootc) that has a kernel in it. */
export async function findUkis(
  files: ImageFiles,
  volume: Volume,
  directories: readonly string[] = ['/EFI/Linux', '/EFI/Linux/bootc'],
): Promise<readonly UkiEntry[]> {
  const found: UkiEntry[] = []
  for (const directory of directories) {
    for (const name of await files.names(volume, directory)) {
      if (!name.toLowerCase().endsWith('.efi')) continue
      found.push(...(await readUki(files, volume, `${directory}/${name}`, name)))
    }
  }
  return found
}

/** One entry for each profile; none where it is no unified kernel image. */
export async function readUki(
  files: ImageFiles,
  volume: Volume,
  path: string,
  name: string,
): Promise<readonly UkiEntry[]> {
  const one = await readOnly(files, volume, path, name)
  return one === undefined ? [] : [one]
}

async function readOnly(
  files: ImageFiles,
  volume: Volume,
  path: string,
  name: string,
): Promise<UkiEntry | undefined> {
  const found = await files.find(volume, path)
  const source = found?.kind === 'file' ? await files.open(volume, found) : undefined
  if (found === undefined || source === undefined) return undefined
  let sections: readonly PeSection[]
  try {
    // Few images have one.
    const { openPe } = await import('../../formats/pe/index.ts')
    sections = (await openPe(source)).sections
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    files.findings.push(finding('ENTRY_BROKEN', `${volume.address}:${path}`, error.message))
    return undefined
  }
  const fileOf = (section: PeSection): BootFile => ({
    address: volume.address,
    path: found.realPath,
    sizeBytes: section.lengthBytes,
    section: { name: section.name, offsetBytes: section.offsetBytes, lengthBytes: section.lengthBytes },
  })
  const textOf = async (wanted: string): Promise<string> => {
    const section = sections.find((one) => one.name === wanted)
    if (section === undefined) return ''
    const bytes = await section.source.read(0, Math.min(section.lengthBytes, TEXT_LIMIT_BYTES))
    return new TextDecoder()
      .decode(bytes)
      .replace(/\0[^]*$/, '')
      .trim()
  }
  const kernel = sections.find((one) => one.name === '.linux')
  if (kernel === undefined) return undefined
  const [osrel, uname, cmdline] = await Promise.all([textOf('.osrel'), textOf('.uname'), textOf('.cmdline')])
  const os = parseOsRelease(osrel)
  const file = `${volume.address}:${found.realPath}`
  const { arguments: options, init, findings } = expandOptions(cmdline, { kind: 'uki', file }, VERBATIM)
  const { id, triesLeft, triesDone } = parseBlsFileName(name.replace(/\.efi$/i, '.conf'))
  const version = os.imageVersion || os.version || os.versionId || uname
  const counter = {
    ...(triesLeft !== undefined && { triesLeft }),
    ...(triesDone !== undefined && { triesDone }),
  }
  const devicetree = sections.find((one) => one.name === '.dtb')
  return {
    sorting: {
      fileName: name,
      id,
      title: os.prettyName,
      version,
      machineId: '',
      sortKey: os.id,
      architecture: '',
      initrds: [],
      options: [],
      ...counter,
    },
    entry: {
      id,
      title: uname === '' ? os.prettyName : `${os.prettyName} (${uname})`,
      version,
      source: 'uki',
      file,
      kernel: fileOf(kernel),
      initrds: sections.filter((one) => one.name === '.initrd').map(fileOf),
      arguments: options,
      init,
      findings,
      ...(triesLeft !== undefined && { triesLeft }),
      ...(devicetree && { devicetree: fileOf(devicetree) }),
    },
  }
}
