import type { Volume } from '../../stack/index.ts'
import type { ImageFiles } from '../image-files.ts'
import { findUkis } from '../uki.ts'
import { compareFileVersions, compareGrubNames } from '../versions.ts'
import type { GrubDevices } from './devices.ts'
import type { GrubKind } from './dialect.ts'
import type { Variables } from './environment.ts'
import { parseGrubNumber } from './number.ts'
import { lastOf, parseOptions } from './options.ts'

/** A menu entry that a command makes of a file, and what GRUB runs for it. */
export type MadeEntry = Readonly<{
  title: string
  id: string
  script: string
  /** `address:path` of the file. */
  file: string
  version: string
  /** The line that has the kernel's arguments; and what it says, before variables are put in. */
  optionsLine?: number
  options: string
}>

/** What Fedora's GRUB keeps from one call to the next. */
export type BlsMemory = { files: ReadFile[]; visible: Set<string> }

type ReadFile = Readonly<{ name: string; file: string; pairs: readonly Pair[] }>
type Pair = Readonly<{ key: string; value: string; line: number }>

export type BlsAround = Readonly<{
  files: ImageFiles
  devices: GrubDevices
  kind: GrubKind
  isEfi: boolean
  variables: Variables
  memory: BlsMemory
}>

const ENTRIES = '/loader/entries'

/** `blscfg` of upstream and Fedora, and `uki`. undefined where this GRUB has no such command. */
export async function makeBlsEntries(
  around: BlsAround,
  name: string,
  words: readonly string[],
): Promise<readonly MadeEntry[] | undefined> {
  if (around.kind === 'upstream') return undefined
  if (name === 'uki') return around.isEfi ? makeUkiEntries(around, words) : undefined
  if (around.kind !== 'upstream-blsuki') return makeFedoraEntries(around, words)
  return name === 'blscfg' ? makeUpstreamEntries(around, words) : undefined
}

/** grub-core/commands/blscfg.c of rhboot/grub2; SUSE's is made of it. */
async function makeFedoraEntries(around: BlsAround, words: readonly string[]): Promise<readonly MadeEntry[]> {
  const { variables, memory } = around
  const [word] = words.length === 1 ? words : []
  const [, device, directory] = /^\(([^)]*)\)([^]*)$/.exec(word ?? '') ?? []
  const volume = around.devices.volumeOf(device ?? variables.get('root')?.value ?? '')
  if (volume === undefined) return []
  const isFile = directory?.endsWith('.conf') === true
  const asked = directory ?? variables.get('blsdir')?.value ?? ENTRIES
  const isThere = isFile || (await around.files.isDirectory(volume, asked))
  const from = isThere || directory !== undefined ? asked : `/boot${ENTRIES}`
  const names = isFile
    ? [from.slice(from.lastIndexOf('/') + 1)]
    : (await around.files.listed(volume, from)).filter(
        (one) => !one.startsWith('.') && one.length > 5 && one.endsWith('.conf'),
      )
  const parent = isFile ? from.slice(0, from.lastIndexOf('/')) : from
  for (const name of names) {
    const file = await readPairs(around.files, volume, parent, name, splitFedoraLine)
    if (file !== undefined) insert(memory.files, { ...file, name: name.slice(0, -5) }, compareGrubNames)
  }
  const onlyId =
    word === undefined || device !== undefined || word === 'default' || word === 'non-default'
      ? undefined
      : word
  return memory.files.flatMap((file, index) => {
    if (memory.visible.has(file.name)) return []
    const isDefault = isDefaultEntry(file, index, variables)
    const isWanted =
      onlyId !== undefined
        ? file.name === onlyId
        : word === 'default'
          ? isDefault
          : word !== 'non-default' || !isDefault
    if (!isWanted) return []
    memory.visible.add(file.name)
    return makeEntry(file, file.name, fedoraScript(file, variables), variables)
  })
}

function fedoraScript({ pairs }: ReadFile, variables: Variables): string {
  const first = (key: string): string | undefined => pairs.find((one) => one.key === key)?.value
  const linux = first('linux') ?? ''
  const options = optionsOf(pairs, variables, 'fedora')
  const listed = pairs.filter(({ key }) => key === 'initrd').map(({ value }) => value)
  const early = variables.get('early_initrd')?.value
  const parent = (path: string): string => path.slice(0, path.lastIndexOf('/') + 1)
  const earlyFiles =
    early === undefined ? [] : early.split(' ').map((one) => `${parent(listed[0] ?? linux)}${one}`)
  const initrds = [...earlyFiles, ...listed]
  const ownTree = expandValue(first('devicetree'), variables, 'fedora')
  const sharedTree = expandValue(variables.get('devicetree')?.value, variables, 'fedora')
  const tree = ownTree ?? (sharedTree === undefined ? undefined : `${parent(linux)}${sharedTree}`)
  return [
    `linux ${linux}${options === undefined ? '' : ` ${options}`}`,
    ...(initrds.length === 0 && early === undefined ? [] : [`initrd ${initrds.join(' ')}`]),
    ...(tree === undefined ? [] : [`devicetree ${tree}`]),
  ].join('\n')
}

const UPSTREAM_OPTIONS = [
  { long: 'path', short: 'p', argument: 'needed' },
  { long: 'enable-fallback', short: 'f', argument: 'none' },
  { long: 'show-default', short: 'd', argument: 'none' },
  { long: 'show-non-default', short: 'n', argument: 'none' },
  { long: 'entry', short: 'e', argument: 'needed' },
] as const

/** grub-core/commands/blsuki.c of GRUB 2.14. */
async function makeUpstreamEntries(
  around: BlsAround,
  words: readonly string[],
): Promise<readonly MadeEntry[]> {
  const options = parseOptions(UPSTREAM_OPTIONS, words)
  if (options === undefined) return []
  const { variables } = around
  const found = await readUpstream(around, lastOf(options, 'path'), options.given.has('enable-fallback'))
  return found.flatMap((file, index) => {
    if (!isShown(options.given, file, index, variables)) return []
    const { pairs } = file
    const first = (key: string): string | undefined => pairs.find((one) => one.key === key)?.value
    const linuxOptions = optionsOf(pairs, variables, 'upstream')
    const initrds = pairs.filter(({ key }) => key === 'initrd').map(({ value }) => value)
    const tree = expandValue(first('devicetree'), variables, 'upstream')
    const script = [
      `linux ${first('linux') ?? ''}${linuxOptions === undefined ? '' : ` ${linuxOptions}`}`,
      ...(initrds.length === 0 ? [] : [`initrd ${initrds.join(' ')}`]),
      ...(tree === undefined ? [] : [`devicetree ${tree}`]),
    ].join('\n')
    return makeEntry(file, file.name.replace(/\.conf$/, ''), script, variables)
  })
}

async function readUpstream(
  around: BlsAround,
  path: string | undefined,
  mayFallBack: boolean,
): Promise<readonly ReadFile[]> {
  const { files, devices, variables } = around
  const root = variables.get('root')?.value ?? ''
  const [, device, behind = ''] = /^\(([^)]*)\)([^]*)$/.exec(path ?? '') ?? []
  if (path?.endsWith('.conf') === true) {
    const volume = devices.volumeOf(device ?? root)
    const whole = device === undefined ? path : behind
    const at = whole.lastIndexOf('/')
    const file =
      volume && (await readPairs(files, volume, whole.slice(0, at), whole.slice(at + 1), splitUpstreamLine))
    return file === undefined ? [] : [file]
  }
  const asked = device === undefined ? (path?.startsWith('/') === true ? path : ENTRIES) : behind || ENTRIES
  const found = await readAll(files, devices.volumeOf(device ?? root), asked)
  return found.length > 0 || !mayFallBack ? found : readAll(files, devices.volumeOf(root), ENTRIES)
}

async function readAll(
  files: ImageFiles,
  volume: Volume | undefined,
  directory: string,
): Promise<readonly ReadFile[]> {
  if (volume === undefined) return []
  const sorted: ReadFile[] = []
  for (const name of await files.listed(volume, directory)) {
    if (!name.endsWith('.conf')) continue
    const file = await readPairs(files, volume, directory, name, splitUpstreamLine)
    if (file !== undefined) insert(sorted, file, compareFileVersions)
  }
  return sorted
}

/** `uki`: an entry that chain-loads each unified kernel image that says what system it is of. */
async function makeUkiEntries(around: BlsAround, words: readonly string[]): Promise<readonly MadeEntry[]> {
  const options = parseOptions(UPSTREAM_OPTIONS, words)
  if (options === undefined) return []
  const path = lastOf(options, 'path')
  const [, device, behind = path ?? ''] = /^\(([^)]*)\)([^]*)$/.exec(path ?? '') ?? []
  const esp = around.variables.get('cmdpath')?.value.replace(/^\(([^)]*)\).*$/s, '$1')
  const volume = around.devices.volumeOf(device ?? esp ?? '')
  if (volume === undefined) return []
  const directory = behind === '' ? '/EFI/Linux' : behind
  const found = await findUkis(around.files, volume, [directory])
  const sorted: (ReadFile & { script: string; title: string })[] = []
  for (const { entry, sorting } of found) {
    if (!sorting.fileName.endsWith('.efi') || sorting.title === '' || entry.profile !== undefined) continue
    const name = around.devices.nameOf(volume)
    insert(
      sorted,
      {
        name: sorting.fileName,
        file: entry.file,
        pairs: [{ key: 'title', value: sorting.title, line: 0 }],
        title: sorting.title,
        script: `chainloader (${name})${directory}/${sorting.fileName}`,
      },
      compareFileVersions,
    )
  }
  return sorted.flatMap((file, index) =>
    isShown(options.given, file, index, around.variables)
      ? [{ title: file.title, id: file.name, script: file.script, file: file.file, version: '', options: '' }]
      : [],
  )
}

function isShown(
  given: ReadonlyMap<string, readonly string[]>,
  file: ReadFile,
  index: number,
  variables: Variables,
): boolean {
  const [showsDefault, showsOthers] = [given.has('show-default'), given.has('show-non-default')]
  const entry = given.get('entry')?.at(-1)
  if (!showsDefault && !showsOthers && entry === undefined) return true
  const isDefault = isDefaultEntry(file, index, variables)
  return (showsDefault && isDefault) || (showsOthers && !isDefault) || entry === file.name
}

function makeEntry(
  { file, pairs }: ReadFile,
  id: string,
  script: string,
  variables: Variables,
): readonly MadeEntry[] {
  const first = (key: string): Pair | undefined => pairs.find((one) => one.key === key)
  const linux = first('linux')
  if (linux === undefined) return []
  const options = first('options')
  const shared = variables.has('default_kernelopts') ? '$default_kernelopts' : ''
  return [
    {
      title: first('title')?.value ?? linux.value,
      id,
      script,
      file,
      version: first('version')?.value ?? '',
      options: options?.value ?? shared,
      ...(options && { optionsLine: options.line }),
    },
  ]
}

function optionsOf(
  pairs: readonly Pair[],
  variables: Variables,
  dialect: 'upstream' | 'fedora',
): string | undefined {
  const own = expandValue(pairs.find(({ key }) => key === 'options')?.value, variables, dialect)
  if (own !== undefined || dialect === 'upstream') return own
  return expandValue(variables.get('default_kernelopts')?.value, variables, dialect)
}

function isDefaultEntry({ name, pairs }: ReadFile, index: number, variables: Variables): boolean {
  const wanted = variables.get('default')?.value
  if (wanted === undefined || wanted === '') return false
  if (wanted === name || pairs.find(({ key }) => key === 'title')?.value === wanted) return true
  const number = parseGrubNumber(wanted)
  return number !== undefined && number.rest === '' && number.value === BigInt(index)
}

/** Into a list that is kept newest first; of two that compare equal the first one stays. */
function insert<T extends ReadFile>(sorted: T[], file: T, compare: (a: string, b: string) => number): void {
  for (const [index, other] of sorted.entries()) {
    const order = compare(file.name, other.name)
    if (order === 0) return
    if (order > 0) {
      sorted.splice(index, 0, file)
      return
    }
  }
  sorted.push(file)
}

async function readPairs(
  files: ImageFiles,
  volume: Volume,
  directory: string,
  name: string,
  split: (line: string) => readonly [key: string, value: string] | 'skip' | 'stop',
): Promise<ReadFile | undefined> {
  const file = await files.text(volume, `${directory}/${name}`)
  if (file === undefined) return undefined
  const pairs: Pair[] = []
  for (const [index, line] of file.text.replaceAll('\r', '').split('\n').entries()) {
    const pair = split(line)
    if (pair === 'stop') break
    if (pair !== 'skip') pairs.push({ key: pair[0], value: pair[1], line: index + 1 })
  }
  return { name, file: file.file, pairs }
}

/** A line that has no value ends the file: an empty one, too. */
function splitFedoraLine(line: string): readonly [string, string] | 'skip' | 'stop' {
  const text = line.replace(/^[ \t]+/, '')
  if (text.startsWith('#')) return 'skip'
  const at = text.includes(' ') ? text.indexOf(' ') : text.indexOf('\t')
  if (at === -1 || at === text.length - 1) return 'stop'
  return [text.slice(0, at), text.slice(at + 1).replace(/^[ \t]+/, '')]
}

function splitUpstreamLine(line: string): readonly [string, string] | 'skip' | 'stop' {
  const [, key, value = ''] = /^[ \t]*([^ \t]+)[ \t]*([^]*)$/.exec(line) ?? []
  if (key === undefined) return 'stop'
  if (key.startsWith('#')) return 'skip'
  return value === '' ? 'stop' : [key, value]
}

/**
 * Variables in a value (expand_val): each is followed by a space. What is one character long between two variables is
 * lost; so is everything where the first variable is not set and another follows.
 */
function expandValue(
  value: string | undefined,
  variables: Variables,
  dialect: 'upstream' | 'fedora',
): string | undefined {
  if (value === undefined) return undefined
  let buffer: string | undefined
  let [start, end, isVariable] = [0, 0, false]
  const append = (): void => {
    const field = value.slice(start, end + 1)
    const text = isVariable ? variables.get(field)?.value : field
    if (text !== undefined) buffer = `${buffer ?? ''}${text}${isVariable ? ' ' : ''}`
  }
  for (let at = 0; at < value.length; at += 1) {
    const char = value[at] ?? ''
    if (char === '$' && (dialect === 'upstream' || value[end] !== '\\')) {
      if (start !== end) {
        append()
        if (buffer === undefined) return undefined
      }
      isVariable = true
      start = at + 1
    } else if (isVariable && !/[A-Za-z0-9_]/.test(char)) {
      append()
      isVariable = false
      start = value[at] === ' ' ? at + 1 : at
    }
    end = at
  }
  if (start !== end) append()
  return buffer
}
