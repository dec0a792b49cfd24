import { EXIT, isAnnealError } from '../../core/index.ts'
import type { PeSection } from '../../formats/pe/index.ts'
import type { Volume } from '../stack/index.ts'
import { VERBATIM, expandOptions } from './arguments.ts'
import type { Expansion } from './arguments.ts'
import { parseBlsFileName } from './bls/entry.ts'
import type { BlsEntry } from './bls/entry.ts'
import type { BootFile } from './contract.ts'
import type { BootEntry } from './entry.ts'
import { finding } from './findings.ts'
import type { ImageFiles } from './image-files.ts'
import { readAssignments } from './os-release.ts'
import { findAddons, findCompanions, sectionFile } from './uki/addons.ts'
import type { Addons } from './uki/addons.ts'
import { profilesOf, stubVersionOf, textOf } from './uki/sections.ts'
import type { UkiSections } from './uki/sections.ts'

/** A unified kernel image (Boot Loader Specification, type 2), with what it is sorted by. */
export type UkiEntry = Readonly<{ sorting: BlsEntry; entry: BootEntry }>

/** What a boot loader gives its stub. */
export type GivenToStub = Readonly<{
  /** They take the place of the command line in it; a signature check of the firmware would keep the stub from it. */
  options?: Expansion
  /** Before those of the image. */
  initrds?: readonly BootFile[]
  /** What it hands to the initrd beside what lies next to the image. */
  companions?: readonly string[]
}>

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
      found.push(...(await readUki(files, volume, `${directory}/${name}`)))
    }
  }
  return found
}

/** One entry for each profile, the one first that boots where none is asked for; none where it is no unified kernel image. */
export async function readUki(
  files: ImageFiles,
  volume: Volume,
  path: string,
  given: GivenToStub = {},
): Promise<readonly UkiEntry[]> {
  const found = await files.find(volume, path)
  const source = found?.kind === 'file' ? await files.open(volume, found) : undefined
  if (found === undefined || source === undefined) return []
  let sections: readonly PeSection[]
  try {
    // Few images have one.
    const { openPe } = await import('../../formats/pe/index.ts')
    sections = (await openPe(source)).sections
  } catch (error) {
    if (!isAnnealError(error) || error.exit !== EXIT.refused) throw error
    files.findings.push(finding('ENTRY_BROKEN', `${volume.address}:${path}`, error.message))
    return []
  }
  const stubVersion = await stubVersionOf(sections)
  const profiles = profilesOf(sections, stubVersion).filter(({ find }) => find('.linux') !== undefined)
  if (profiles.length === 0) return []
  const companions = await findCompanions(files, volume, path)
  const addons = new Map<string, Addons>()
  const entries: UkiEntry[] = []
  for (const profile of profiles) {
    const uname = await textOf(profile.find('.uname'))
    const known = addons.get(uname) ?? (await findAddons(files, volume, { path, uname, stubVersion }))
    addons.set(uname, known)
    entries.push(
      await entryOf(profile, {
        volume,
        path: found.realPath,
        name: path.slice(path.lastIndexOf('/') + 1),
        uname,
        addons: known,
        companions: [...companions, ...(given.companions ?? [])],
        given,
      }),
    )
  }
  return entries
}

type About = Readonly<{
  volume: Volume
  path: string
  name: string
  uname: string
  addons: Addons
  companions: readonly string[]
  given: GivenToStub
}>

async function entryOf({ profile, find }: UkiSections, about: About): Promise<UkiEntry> {
  const { volume, path, name, uname, addons, companions, given } = about
  const file = `${volume.address}:${path}`
  const fileOf = (wanted: string): readonly ReturnType<typeof sectionFile>[] => {
    const section = find(wanted)
    return section === undefined ? [] : [sectionFile(volume, path, section)]
  }
  // bootspec_pick_name_version_sort_key of systemd's src/fundamental/bootspec.c.
  const os = readAssignments(await textOf(find('.osrel')))
  const system = os('PRETTY_NAME') || os('IMAGE_ID') || os('NAME') || os('ID')
  const version = os('IMAGE_VERSION') || os('VERSION') || os('VERSION_ID') || os('BUILD_ID')
  const said = readAssignments(await textOf(find('.profile')))
  const { id, triesLeft, triesDone } = parseBlsFileName(name.replace(/\.efi$/i, '.conf'))
  const [kernel] = fileOf('.linux')
  const devicetree = addons.devicetrees.at(-1) ?? fileOf('.dtb')[0]
  const choosesDevicetree = find('.dtbauto') !== undefined || addons.choosesDevicetree
  const title = said('TITLE') || (profile === 0 ? '' : said('ID') || `Profile #${profile + 1}`)
  const inBrackets = [title, uname].filter((one) => one !== '').map((one) => ` (${one})`)
  return {
    sorting: {
      fileName: name,
      id,
      title: system,
      version,
      machineId: '',
      sortKey: os('IMAGE_ID') || os('ID'),
      architecture: '',
      initrds: [],
      options: [],
      extras: [],
      profile,
      ...(triesLeft !== undefined && { triesLeft }),
      ...(triesDone !== undefined && { triesDone }),
    },
    entry: {
      id: profile === 0 ? id : `${id}.efi@${said('ID') || profile}`,
      title: `${system || 'Linux'}${inBrackets.join('')}`,
      version: version || uname,
      source: 'uki',
      file,
      ...(kernel && { kernel }),
      initrds: [
        ...addons.microcode,
        ...(given.initrds ?? []),
        ...fileOf('.ucode'),
        ...fileOf('.initrd'),
        ...addons.initrds,
      ],
      ...(await commandLineOf(about, await textOf(find('.cmdline')))),
      findings: [
        ...(given.options?.findings ?? []),
        ...(companions.length === 0 ? [] : [finding('UKI_COMPANIONS_LEFT', file, companions.join(', '))]),
        ...(choosesDevicetree ? [finding('UKI_DEVICETREE_BY_MACHINE', file, devicetreesTold(about))] : []),
      ],
      ...(triesLeft !== undefined && { triesLeft }),
      ...(devicetree && { devicetree }),
      ...(profile !== 0 && { profile }),
    },
  }
}

/** What the stub is given, else what is in the image; then what addons have. Behind ` -- ` all is for init. */
async function commandLineOf(
  { volume, path, addons, given }: About,
  inside: string,
): Promise<Pick<BootEntry, 'arguments' | 'init'>> {
  const own = expandOptions(inside, { kind: 'uki', file: `${volume.address}:${path}` }, VERBATIM)
  const first = given.options ?? own
  const all = [...first.arguments]
  let { init } = first
  for (const { text, file } of addons.commandLines) {
    if (init !== '') {
      init += ` ${text}`
      continue
    }
    const expanded = expandOptions(text, { kind: 'uki', file }, VERBATIM)
    all.push(...expanded.arguments)
    init = expanded.init
  }
  return { arguments: all, init }
}

function devicetreesTold({ addons }: About): string {
  return addons.choosesDevicetree
    ? 'it has .dtbauto sections, or an addon of it has'
    : 'it has .dtbauto sections'
}
