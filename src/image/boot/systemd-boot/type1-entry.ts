import { VERBATIM, expandOptions } from '../arguments.ts'
import type { BlsLine } from '../bls/entry.ts'
import { completeBlsEntry } from '../bls/read-entries.ts'
import type { FoundEntry } from '../bls/read-entries.ts'
import { locateBootFile } from '../boot-files.ts'
import type { BootEntry } from '../entry.ts'
import { finding } from '../findings.ts'
import type { ImageFiles } from '../image-files.ts'
import { startUki } from '../uki/start-uki.ts'
import { initrdsOfStub, isLinuxKernel } from './efi-stub.ts'
import { knows } from './since.ts'

type Program = Readonly<{ key: 'linux' | 'efi' | 'uki' | 'uki-url'; line: BlsLine }>

/**
 * As systemd-boot has it (`boot_entry_add_type1` of src/boot/boot.c): an entry for an EFI program (`efi`, `uki`) is an entry,
 * too, and may be the default. undefined, with a finding, where this version shows none.
 */
export async function completeType1Entry(
  files: ImageFiles,
  entry: FoundEntry,
  systemdBoot?: number,
): Promise<BootEntry | undefined> {
  const { volume, file, id, title, version, triesLeft } = entry
  const broken = (what: string): undefined => {
    files.findings.push(finding('ENTRY_BROKEN', file, what))
  }
  const program = programOf(entry, systemdBoot)
  if (typeof program === 'string') return broken(program)
  const { key, line } = program
  const about = {
    id,
    title: title === '' ? id : title,
    version,
    file,
    ...(triesLeft !== undefined && { triesLeft }),
  }
  const other = (unbootable: string): BootEntry => ({
    ...about,
    source: 'bls',
    initrds: [],
    arguments: [],
    init: '',
    findings: [],
    unbootable,
    isOther: true,
  })
  if (key === 'uki-url') {
    return line.text.startsWith(':')
      ? broken(
          `uki-url (line ${line.line}) is beside what systemd-boot was fetched from, and here it lies on a disk`,
        )
      : other(`it fetches ${line.text} over the network`)
  }
  const profile = knows(systemdBoot, 'profileKey') ? entry.profile : undefined
  if (key === 'linux') {
    const whole = await completeBlsEntry(files, entry, VERBATIM)
    if (whole?.kernel === undefined) return whole
    const started = await startUki(files, volume, whole.kernel, {
      ...optionsOf(whole),
      initrds: whole.initrds,
      ...(profile !== undefined && { profile }),
    })
    if (typeof started === 'string') return other(started)
    if (started !== undefined) return { ...started, ...about, ...writtenIn(whole) }
    if (whole.initrds.length > 0) return whole
    const initrds = await initrdsOfStub(files, volume, whole.arguments)
    return typeof initrds === 'string' ? broken(initrds) : { ...whole, initrds }
  }
  const found = await locateBootFile(files, volume, line.text)
  if (found === undefined) return broken(`${line.text} (line ${line.line}) is not there`)
  const extras = key === 'uki' && knows(systemdBoot, 'extra') ? entry.extras.map(({ text }) => text) : []
  const options = entry.options.map(({ text }) => text).join(' ')
  const at = entry.options.at(-1)?.line
  const argumentsAt = { kind: 'bls' as const, file, ...(at !== undefined && { line: at }) }
  const given = at === undefined ? undefined : expandOptions(options, argumentsAt, VERBATIM)
  const started = await startUki(files, volume, found, {
    ...(given && { options: given }),
    ...(profile !== undefined && { profile }),
    companions: await presentIn(files, entry, extras),
  })
  if (typeof started === 'string') return other(started)
  if (started !== undefined) return { ...started, ...about, ...writtenIn({ argumentsAt }) }
  if (await isLinuxKernel(files, volume, found)) {
    const all = given?.arguments ?? []
    const initrds = await initrdsOfStub(files, volume, all)
    if (typeof initrds === 'string') return broken(initrds)
    const { init = '', findings = [] } = given ?? {}
    return { ...about, source: 'bls', kernel: found, initrds, arguments: all, argumentsAt, init, findings }
  }
  return other(`it runs ${line.text}, an EFI program that is no Linux kernel`)
}

/** What it boots; else why this version of systemd-boot makes no entry of it. */
function programOf(
  { linux, efi, uki, ukiUrl }: FoundEntry,
  systemdBoot: number | undefined,
): Program | string {
  const said = [
    ...(linux === undefined ? [] : [{ key: 'linux' as const, line: linux }]),
    ...(efi === undefined ? [] : [{ key: 'efi' as const, line: efi }]),
    ...(uki === undefined ? [] : [{ key: 'uki' as const, line: uki }]),
    ...(ukiUrl === undefined ? [] : [{ key: 'uki-url' as const, line: ukiUrl }]),
  ].toSorted((a, b) => a.line.line - b.line.line)
  const isNew = knows(systemdBoot, 'uki')
  const known = said.filter(({ key }) => isNew || key === 'linux' || key === 'efi')
  const program = known.at(-1)
  if (program === undefined) {
    const [unknown] = said
    return unknown === undefined
      ? 'it has no linux'
      : `systemd-boot ${systemdBoot} does not know ${unknown.key} (line ${unknown.line.line})`
  }
  // Before, the last one counted.
  if (isNew && known.length > 1)
    return `it has ${known.map(({ key }) => key).join(' and ')}, and systemd-boot makes no entry of two`
  return program
}

/** What the entry gives; none where it has no options, and what is in the image counts. */
function optionsOf({ arguments: all, init, findings, argumentsAt }: BootEntry) {
  return argumentsAt?.line === undefined ? {} : { options: { arguments: all, init, findings } }
}

/** Options of the entry take the place of what is in the image, and can be edited; without any there is the image alone. */
function writtenIn({
  argumentsAt,
}: Pick<BootEntry, 'argumentsAt'>): Pick<BootEntry, 'source' | 'argumentsAt'> {
  return argumentsAt?.line === undefined ? { source: 'uki' } : { source: 'bls', argumentsAt }
}

const EXTRA = /\.(?:cred|sysext\.raw|confext\.raw)$/i

async function presentIn(
  files: ImageFiles,
  { volume }: FoundEntry,
  paths: readonly string[],
): Promise<readonly string[]> {
  const found = await Promise.all(
    paths.map(async (path) => (EXTRA.test(path) ? locateBootFile(files, volume, path) : undefined)),
  )
  return found.flatMap((one) => (one === undefined ? [] : [one.path]))
}
