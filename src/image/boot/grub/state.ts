import type { Finding } from '../../../core/index.ts'
import { atDefaultSubvolume } from '../../stack/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { ArgumentSource } from '../contract.ts'
import { finding } from '../findings.ts'
import type { ImageFiles, TextFile } from '../image-files.ts'
import type { BlsMemory, MadeEntry } from './bls-commands.ts'
import type { Look } from './condition.ts'
import type { GrubDevices } from './devices.ts'
import type { GrubDialect } from './dialect.ts'
import { parseEnvironmentBlock } from './environment.ts'
import type { Variable } from './environment.ts'
import type { Expanded, Parameters } from './expand.ts'
import type { GrubFile, Loaded } from './menu.ts'
import type { FollowLink } from './linked-file.ts'
import { parseGrubNumber } from './number.ts'
import { lastOf, parseOptions } from './options.ts'
import type { Option } from './options.ts'
import type { GrubModules } from './modules.ts'
import { matchRegexp } from './regexp.ts'
import type { Script } from './script.ts'
import { isByGpt, parseSearch } from './search.ts'
import type { SearchBy, SearchByGpt } from './search.ts'

/** What one GRUB is told, and what it is. */
export type GrubSetting = Readonly<{
  dialect: GrubDialect
  platform: 'efi' | 'pc'
  /** `x86_64`, `i386`, `arm64`. */
  cpu: string
  /** Where it is installed; `$root` at first. */
  volume: Volume
  /** The directory of its configuration. */
  prefix: string
  /** `RELATIVE_PATHS` is set when it starts. */
  isRelative?: boolean
  /** Where a link leads that leaves its file system; none is followed where this is not given. */
  follow?: FollowLink
  /** What the configuration inside its program set: `root` above all. */
  before?: ReadonlyMap<string, string>
  /** What it has when it starts; where it is not known, it sees everything. */
  modules?: GrubModules
  /** The configuration inside its program runs before `normal`, which loads modules of file systems by itself. */
  isBeforeNormal?: true
}>

/** With the patch that SUSE and Fedora have: paths in a btrfs begin at its default subvolume. */
export const RELATIVE_PATHS = 'btrfs_relative_path'

export const MOST_STEPS = 50_000
export const MOST_ENTRIES = 512
export const MOST_SOURCED = 64
export const MOST_NESTED = 64
const MOST_CHARACTERS = 65_536
const MOST_VARIABLES = 4096
/** What all variables, words and menus of one run may hold together. */
const MOST_WORK = 1 << 24

/** grub_err_t, as `$?` has it. */
export const DONE = 0
export const TEST_FAILURE = 1
export const FILE_NOT_FOUND = 5
const UNKNOWN_DEVICE = 12
export const BAD_ARGUMENT = 18

export type SetVariable = Variable & Readonly<{ exported: boolean }>

/** What a menu is made of before its entries run. */
export type Draft = Readonly<{
  title: string
  id: string
  hasId: boolean
  parameters: readonly string[]
  source: ArgumentSource
  file: string
  script: Script
  isSubmenu: boolean
  made?: MadeEntry
}>

export type Context = {
  variables: Map<string, SetVariable>
  menu: Draft[]
  parameters: Parameters
}

/** A menu that was opened, with what stood in the variables then. */
export type Opened = Readonly<{ menu: readonly Draft[]; variables: Map<string, SetVariable> }>

export type MutableLoaded = { -readonly [K in keyof Loaded]: Loaded[K] }

/** Ends what runs: a menu is shown, the machine boots, or a bound was reached. */
export class Ended extends Error {
  readonly opened: Opened | undefined

  constructor(opened?: Opened) {
    super('ended')
    this.name = 'Ended'
    this.opened = opened
  }
}

const LOAD_ENV: readonly Option[] = [
  { long: 'file', short: 'f', argument: 'needed' },
  { long: 'skip-sig', short: 's', argument: 'none' },
]
const PROBE: readonly Option[] = [
  { long: 'set', short: 's', argument: 'needed' },
  ...(['driver:d', 'partmap:p', 'fs:f', 'fs-uuid:u', 'label:l', 'part-uuid'] as const).map((one): Option => {
    const [long = '', short] = one.split(':')
    return { long, argument: 'none', ...(short !== undefined && { short }) }
  }),
]

/** What a run of GRUB knows and keeps: variables, what is loaded, and what it was told. */
export class GrubState {
  readonly files: ImageFiles
  readonly devices: GrubDevices
  readonly setting: GrubSetting
  readonly findings: Finding[] = []
  readonly modules: GrubModules | undefined
  readonly #noted = new Set<string>()
  readonly bls: BlsMemory = { files: [], visible: new Set() }
  context: Context = { variables: new Map(), menu: [], parameters: undefined }
  loaded: MutableLoaded | undefined
  /** What is read now: `address:path`. */
  file = ''
  hasBls = false
  /** Where `blscfg` is called, whether this GRUB has it or not: `address:path:line`. */
  blsCalledAt: string | undefined
  /** Where `blscfg` is given options: `address:path:line`. */
  blsOptionsAt: string | undefined
  understood = true
  #work = 0

  constructor(files: ImageFiles, devices: GrubDevices, setting: GrubSetting) {
    this.files = files
    this.modules = setting.modules?.copy()
    this.devices = devices.seenBy(this.modules)
    this.setting = setting
  }

  /** What a menu within a menu sees: what is exported; with Fedora's GRUB everything. */
  inherited(variables: ReadonlyMap<string, SetVariable>): Map<string, SetVariable> {
    const { inheritsAll } = this.setting.dialect
    return new Map(
      [...variables].flatMap(([name, one]) =>
        one.exported || inheritsAll ? [[name, { ...one, exported: true }] as const] : [],
      ),
    )
  }

  linux([path, ...rest]: readonly Expanded[], source: ArgumentSource): number {
    if (path === undefined) return BAD_ARGUMENT
    if (this.loaded === undefined) return DONE
    const kernel = this.fileOf(path.text, source)
    this.loaded = { arguments: rest, initrds: [], ...(kernel && { kernel }) }
    return DONE
  }

  /** The files of the last `initrd` count: each call takes the place of the one before. */
  initrd(paths: readonly string[], source: ArgumentSource): number {
    if (this.loaded === undefined || this.loaded.kernel === undefined) return BAD_ARGUMENT
    this.loaded.initrds = paths.flatMap((path) => {
      // `newc:NAME:FILE` puts a file into an archive of its own.
      const [, file = path] = /^newc:[^:]*:([^]*)$/.exec(path) ?? []
      return this.fileOf(file, source) ?? []
    })
    return DONE
  }

  other(name: string, values: readonly string[], source: ArgumentSource): number {
    if (this.loaded === undefined) return DONE
    const path = values.find((value) => !value.startsWith('-'))
    const chained = name === 'chainloader' && path !== undefined ? this.fileOf(path, source) : undefined
    this.loaded = {
      arguments: [],
      initrds: [],
      other: [name, ...values].join(' '),
      ...(chained && { chained }),
    }
    return DONE
  }

  /** `(device)/path`, or a path on `$root`. undefined for a device that the image does not have. */
  fileOf(path: string, source: ArgumentSource): GrubFile | undefined {
    const [, device, rest] = /^\(([^)]*)\)(.*)$/s.exec(path) ?? []
    const volume = this.devices.volumeOf(device ?? this.value('root'))
    return volume && { volume: this.#begin(volume), path: rest ?? path, source }
  }

  /** Where paths in a volume begin. */
  #begin(volume: Volume): Volume {
    return /^[1y]/.test(this.value(RELATIVE_PATHS)) ? atDefaultSubvolume(volume) : volume
  }

  readonly look: Look = {
    entry: async (path) => {
      const file = this.fileOf(path.replace(/\/+$/, ''), { kind: 'made' })
      if (file === undefined) return undefined
      if (file.path === '') return { kind: 'directory' }
      const found = await this.files.find(file.volume, file.path, { lastLink: 'keep' })
      const seconds = found && (await this.files.modifiedSeconds(file.volume, found))
      return found && { kind: found.kind, ...(seconds !== undefined && { modifiedSeconds: seconds }) }
    },
    size: async (path) => {
      const file = this.fileOf(path, { kind: 'made' })
      if (file === undefined) return undefined
      const sizeIn = async ({ volume, path: at }: Pick<GrubFile, 'volume' | 'path'>) => {
        const found = await this.files.find(volume, at)
        return found?.kind === 'file' ? this.files.sizeOf(volume, found) : undefined
      }
      const size = await sizeIn(file)
      if (size !== undefined) return size
      const linked = await this.setting.follow?.(file.volume, file.path)
      return linked && sizeIn(linked)
    },
  }

  async read(path: string): Promise<TextFile | undefined> {
    const file = this.fileOf(path, { kind: 'made' })
    if (file === undefined) return undefined
    const text = await this.files.text(file.volume, file.path)
    if (text !== undefined) return text
    const linked = await this.setting.follow?.(file.volume, file.path)
    return linked && this.files.text(linked.volume, linked.path)
  }

  async loadEnvironment(values: readonly string[]): Promise<number> {
    const options = parseOptions(LOAD_ENV, values)
    if (options === undefined) return BAD_ARGUMENT
    const file = await this.read(lastOf(options, 'file') ?? `${this.value('prefix')}/grubenv`)
    if (file === undefined) return FILE_NOT_FOUND
    const block = parseEnvironmentBlock(file.text, file.file)
    if (block === undefined) return 4
    for (const [name, { value, source }] of block) {
      if (options.operands.length === 0 || options.operands.includes(name)) this.set(name, value, source)
    }
    return DONE
  }

  async search(name: string, values: readonly string[], source: ArgumentSource): Promise<number> {
    const search = parseSearch(name, values)
    if (search === undefined) return BAD_ARGUMENT
    const { by, wanted, variable } = search
    const found = isByGpt(by) ? this.devices.byGpt(by, wanted) : await this.#named(by, wanted)
    if (found === undefined) return FILE_NOT_FOUND
    if (variable !== undefined) this.set(variable, found, source)
    return DONE
  }

  async #named(by: Exclude<SearchBy, SearchByGpt>, wanted: string): Promise<string | undefined> {
    const found = await this.searched(by, wanted)
    return found && this.devices.nameOf(found)
  }

  async searched(by: Exclude<SearchBy, SearchByGpt>, wanted: string): Promise<Volume | undefined> {
    if (by === 'fs_uuid') return this.devices.byTag('UUID', wanted)
    if (by === 'fs_label') return this.devices.byTag('LABEL', wanted)
    for (const volume of this.devices.volumes()) {
      if ((await this.files.find(this.#begin(volume), wanted))?.kind === 'file' && this.devices.sees(volume))
        return volume
    }
    return undefined
  }

  probe(values: readonly string[], source: ArgumentSource): number {
    const options = parseOptions(PROBE, values)
    const [device] = options?.operands ?? []
    if (options === undefined || device === undefined) return BAD_ARGUMENT
    const volume = this.devices.volumeOf(device)
    if (volume === undefined) return UNKNOWN_DEVICE
    const value = this.devices.probe(volume, [...options.given.keys()])
    const variable = lastOf(options, 'set')
    if (value === undefined) {
      this.unclear(placeOf(source), `probe ${values.join(' ')} is not answered`)
      return BAD_ARGUMENT
    }
    if (variable !== undefined) this.set(variable, value, source)
    return DONE
  }

  regexp(values: readonly string[], source: ArgumentSource): number {
    const matched = matchRegexp(values)
    if (matched === undefined) return TEST_FAILURE
    if (matched === 'refused') return BAD_ARGUMENT
    if (matched === 'unclear') {
      this.unclear(placeOf(source), `the regular expression of “regexp ${values.join(' ')}” is not followed`)
      return TEST_FAILURE
    }
    for (const [name, value] of matched) {
      if (value === undefined) this.context.variables.delete(name)
      else this.set(name, value, source)
    }
    return DONE
  }

  increment(name: string, values: readonly string[], source: ArgumentSource): number {
    const [variable] = values
    if (variable === undefined || values.length > 1) return BAD_ARGUMENT
    const present = this.context.variables.get(variable)
    if (present === undefined) return FILE_NOT_FOUND
    const isNegative = present.value.startsWith('-')
    const number = parseGrubNumber(isNegative ? present.value.slice(1) : present.value)
    if (number === undefined) return 10
    const value = isNegative ? -number.value : number.value
    return this.set(variable, String(value + (name === 'increment' ? 1n : -1n)), source)
  }

  export(values: readonly string[]): number {
    for (const name of values) {
      const present = this.context.variables.get(name)
      // A name that is not set yet is exported with nothing in it.
      this.context.variables.set(name, {
        value: present?.value ?? '',
        source: present?.source ?? { kind: 'made' },
        exported: true,
      })
    }
    return values.length === 0 ? BAD_ARGUMENT : DONE
  }

  assign(text: string | undefined, source: ArgumentSource): number {
    if (text === undefined) return DONE
    const at = text.indexOf('=')
    return at === -1 ? BAD_ARGUMENT : this.set(text.slice(0, at), text.slice(at + 1), source)
  }

  setUnlessSpecial(name: string, value: string, source: ArgumentSource): void {
    if (!/^[0-9]|^[#*@]$/.test(name)) this.set(name, value, source)
  }

  set(name: string, value: string, source: ArgumentSource): number {
    this.spend(name.length + value.length)
    if (value.length > MOST_CHARACTERS || this.context.variables.size > MOST_VARIABLES) {
      this.unclear(this.file, 'its variables grow without end')
      throw new Ended()
    }
    const exported = this.context.variables.get(name)?.exported ?? false
    this.context.variables.set(name, { value: hooked(name, value), source, exported })
    return DONE
  }

  /** As GRUB itself sets it. */
  make(name: string, value: string, exported = false): void {
    const before = this.context.variables.get(name)
    this.context.variables.set(name, {
      value,
      source: { kind: 'made' },
      exported: exported || (before?.exported ?? false),
    })
  }

  value(name: string): string {
    return this.context.variables.get(name)?.value ?? ''
  }

  spend(characters: number): void {
    this.#work += characters
    if (this.#work <= MOST_WORK) return
    this.unclear(this.file, 'its words grow without end')
    throw new Ended()
  }

  unclear(subject: string, why: string): void {
    this.understood = false
    this.note(subject, why)
  }

  note(subject: string, why: string): void {
    if (this.#noted.has(subject)) return
    this.#noted.add(subject)
    this.findings.push(finding('CONFIGURATION_NOT_UNDERSTOOD', subject, why))
  }
}

/** `root` and the colours are put in shape when they are set: a device loses its parentheses (grub-core/kern/main.c). */
function hooked(name: string, value: string): string {
  return name === 'root' ? value.replace(/^\((.*)\)$/s, '$1') : value
}

export function placeOf(source: ArgumentSource): string {
  if (!('file' in source)) return ''
  return source.line === undefined ? source.file : `${source.file}:${source.line}`
}
