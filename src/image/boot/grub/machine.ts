/**
 * Runs a GRUB script as far as it decides what boots: variables, conditions, `search`, `source`, environment blocks,
 * menu entries, `blscfg`. It runs nothing that loads, shows or writes. What GRUB would ask of the machine (keys, clock,
 * firmware) answers no.
 *
 * INVARIANTS: it ends, and keeps no more than the bounds below, whatever the script says.
 */
import type { Finding } from '../../../core/index.ts'
import type { Volume } from '../../stack/index.ts'
import type { ArgumentSource } from '../contract.ts'
import { finding } from '../findings.ts'
import type { ImageFiles, TextFile } from '../image-files.ts'
import type { GrubDevices } from './devices.ts'
import { holds } from './condition.ts'
import type { Looked } from './condition.ts'
import { parseEnvironmentBlock } from './environment.ts'
import type { Variable, Variables } from './environment.ts'
import { parseGrubScript } from './script.ts'
import type { Command, Script } from './script.ts'
import { titleOf } from './menu-title.ts'
import { parseSearch } from './search.ts'
import type { SearchBy } from './search.ts'
import { GrubSyntaxError } from './tokens.ts'
import type { Word } from './tokens.ts'

/** A word after expansion, and what it came from. */
export type Expanded = Readonly<{ text: string; source: ArgumentSource }>

export type GrubFile = Readonly<{ volume: Volume; path: string; source: ArgumentSource }>

export type GrubEntry = Readonly<{
  title: string
  /** '' where it has none. */
  id: string
  /** As `default` may name it: `1>0` is the first entry of the second submenu. */
  position: string
  source: ArgumentSource
  kernel?: GrubFile
  arguments: readonly Expanded[]
  initrds: readonly GrubFile[]
  devicetree?: GrubFile
}>

export type GrubMenu = Readonly<{
  entries: readonly GrubEntry[]
  variables: Variables
  /** Where `blscfg` looks for entries; undefined where it is not called. */
  blsVolume?: Volume
  /** False where something was not understood: a variable that is not set may be set by GRUB. */
  understood: boolean
  findings: readonly Finding[]
}>

const MOST_STEPS = 20_000
const MOST_ENTRIES = 256
const MOST_SOURCED = 16
const MOST_NESTED = 64
const MOST_CHARACTERS = 65_536

/** Commands that do not decide what boots, and succeed. */
const WITHOUT_EFFECT =
  /^(insmod|rmmod|export|echo|true|:|save_env|load_video|gfxmode|terminal_(in|out)put|background_(image|color)|loadfont|font|play|clear|serial|terminfo|sleep|normal|boot|halt|reboot|fwsetup|increment|blacklist|set_background_image|recordfail|savedefault|cutmem|badram|keymap|lsefi|password(_pbkdf2)?)$/

type Menu = { entries: GrubEntry[]; prefix: string; count: number }

export class GrubMachine {
  readonly #files: ImageFiles
  readonly #devices: GrubDevices
  readonly #variables = new Map<string, Variable>()
  readonly #functions = new Map<string, Script>()
  readonly #findings: Finding[] = []
  readonly #noted = new Set<string>()
  #menu: Menu = { entries: [], prefix: '', count: 0 }
  #current:
    | { kernel?: GrubFile; arguments: readonly Expanded[]; initrds: GrubFile[]; devicetree?: GrubFile }
    | undefined
  #blsVolume: Volume | undefined
  #file = ''
  #steps = 0
  #sourced = 0
  #depth = 0
  #understood = true

  constructor(files: ImageFiles, devices: GrubDevices) {
    this.#files = files
    this.#devices = devices
  }

  /** Runs a configuration as GRUB does that was installed with `prefix`: the directory that the file is in. */
  async run(
    volume: Volume,
    configuration: TextFile,
    prefix: string,
    platform: 'efi' | 'pc',
  ): Promise<GrubMenu> {
    const device = this.#devices.nameOf(volume)
    for (const [name, value] of Object.entries({
      root: device,
      prefix: `(${device})${prefix}`,
      grub_platform: platform,
      grub_cpu: platform === 'efi' ? 'x86_64' : 'i386',
      feature_platform_search_hint: 'y',
      feature_default_font_path: 'y',
      feature_all_video_module: 'y',
      feature_menuentry_id: 'y',
      feature_menuentry_options: 'y',
      feature_200_final: 'y',
      feature_timeout_style: 'y',
    })) {
      this.#set(name, value, { kind: 'made' })
    }
    await this.#source(configuration)
    return {
      entries: this.#menu.entries,
      variables: this.#variables,
      understood: this.#understood,
      findings: this.#findings,
      ...(this.#blsVolume && { blsVolume: this.#blsVolume }),
    }
  }

  async #source({ text, file }: TextFile): Promise<boolean> {
    this.#sourced += 1
    if (this.#sourced > MOST_SOURCED) return this.#unclear(file, 'it reads too many files')
    const before = this.#file
    this.#file = file
    try {
      return await this.#script(parseGrubScript(text))
    } catch (error) {
      if (!(error instanceof GrubSyntaxError)) throw error
      return this.#unclear(`${file}:${error.line}`, error.message)
    } finally {
      this.#file = before
    }
  }

  async #script(script: Script): Promise<boolean> {
    if (this.#depth >= MOST_NESTED) return this.#unclear(this.#file, 'it calls itself without end')
    this.#depth += 1
    let last = true
    for (const command of script) last = await this.#command(command)
    this.#depth -= 1
    return last
  }

  async #command(command: Command): Promise<boolean> {
    this.#steps += 1
    if (this.#steps > MOST_STEPS) return this.#unclear(this.#file, 'it does not come to an end')
    switch (command.kind) {
      case 'simple': {
        const done = await this.#simple(command)
        return command.negated ? !done : done
      }
      case 'if':
        for (const { condition, body } of command.branches) {
          if (await this.#script(condition)) return this.#script(body)
        }
        return this.#script(command.otherwise)
      case 'for':
        for (const { text, source } of this.#expandAll(command.words, 0)) {
          this.#set(command.variable, text, source)
          await this.#script(command.body)
        }
        return true
      case 'loop':
        return this.#unclear(`${this.#file}:${command.line}`, 'while and until are not followed')
      case 'function':
        this.#functions.set(command.name, command.body)
        return true
    }
  }

  async #simple(command: Extract<Command, { kind: 'simple' }>): Promise<boolean> {
    const { line, block } = command
    const expanded = this.#expandAll(command.words, line)
    const [first, ...rest] = expanded
    if (first === undefined) return true
    const name = first.text
    const values = rest.map(({ text }) => text)
    const source: ArgumentSource = { kind: 'grub.cfg', file: this.#file, line }
    const assigned = /^([A-Za-z_][A-Za-z0-9_]*)=(.*)$/s.exec(name)
    if (assigned !== null) return this.#set(assigned[1] ?? '', assigned[2] ?? '', source)
    if (block !== undefined) return this.#entry(name, rest, block, source)
    const body = this.#functions.get(name)
    if (body !== undefined) return this.#script(body)
    switch (name) {
      case 'set':
        return this.#assign(values[0] ?? '', source)
      case 'unset':
        return this.#variables.delete(values[0] ?? '')
      case '[':
        return holds(values.at(-1) === ']' ? values.slice(0, -1) : values, this.#look)
      case 'test':
        return holds(values, this.#look)
      case 'false':
        return false
      case 'search':
      case 'search.fs_uuid':
      case 'search.fs_label':
      case 'search.file':
        return this.#search(name, values, source)
      case 'probe':
        return this.#probe(values, source)
      case 'source':
      case '.':
      case 'configfile': {
        const file = await this.#read(values[0] ?? '')
        return file === undefined ? false : this.#source(file)
      }
      case 'load_env':
        return this.#loadEnvironment(values)
      case 'blscfg':
      case 'bls_import':
        this.#blsVolume = this.#devices.volumeOf(this.#value('root')) ?? this.#blsVolume
        return true
      case 'linux':
      case 'linux16':
      case 'linuxefi':
        return this.#linux(rest, source)
      case 'initrd':
      case 'initrd16':
      case 'initrdefi':
        return this.#initrd(values, source)
      case 'devicetree': {
        const file = this.#fileOf(values[0] ?? '', source)
        if (this.#current !== undefined && file !== undefined) this.#current.devicetree = file
        return true
      }
      default:
        return WITHOUT_EFFECT.test(name)
    }
  }

  async #entry(
    name: string,
    words: readonly Expanded[],
    block: Script,
    source: ArgumentSource,
  ): Promise<boolean> {
    const { title, id } = titleOf(words)
    const menu = this.#menu
    const position = `${menu.prefix}${menu.count}`
    menu.count += 1
    if (menu.entries.length >= MOST_ENTRIES)
      return this.#unclear(this.#file, `more than ${MOST_ENTRIES} menu entries`)
    // What an entry sets is not seen by the next one: GRUB runs only the one that is chosen.
    const before = new Map(this.#variables)
    const blsBefore = this.#blsVolume
    if (name === 'submenu') {
      this.#menu = { entries: menu.entries, prefix: `${position}>`, count: 0 }
      await this.#script(block)
      this.#menu = menu
    } else {
      this.#current = { arguments: [], initrds: [] }
      await this.#script(block)
      menu.entries.push({ title, id, position, source, ...this.#current })
      this.#current = undefined
    }
    this.#variables.clear()
    for (const [key, value] of before) this.#variables.set(key, value)
    this.#blsVolume = blsBefore
    return true
  }

  #linux([path, ...rest]: readonly Expanded[], source: ArgumentSource): boolean {
    if (this.#current === undefined || path === undefined) return false
    const kernel = this.#fileOf(path.text, source)
    this.#current = { ...this.#current, arguments: rest, ...(kernel && { kernel }) }
    return true
  }

  #initrd(paths: readonly string[], source: ArgumentSource): boolean {
    for (const path of paths) {
      const file = path.startsWith('-') ? undefined : this.#fileOf(path, source)
      if (file !== undefined) this.#current?.initrds.push(file)
    }
    return true
  }

  /** `(device)/path`, or a path on `$root`. undefined for a device that the image does not have. */
  #fileOf(path: string, source: ArgumentSource): GrubFile | undefined {
    const [, device, rest] = /^\(([^)]*)\)(.*)$/s.exec(path) ?? []
    const volume = this.#devices.volumeOf(device ?? this.#value('root'))
    return volume === undefined ? undefined : { volume, path: rest ?? path, source }
  }

  readonly #look = async (path: string): Promise<Looked | undefined> => {
    const file = this.#fileOf(path, { kind: 'made' })
    const found = file === undefined ? undefined : await this.#files.find(file.volume, file.path)
    if (found === undefined || file === undefined) return undefined
    return { kind: found.kind, sizeBytes: (await this.#files.sizeOf(file.volume, found)) ?? 0 }
  }

  async #read(path: string): Promise<TextFile | undefined> {
    const file = this.#fileOf(path, { kind: 'made' })
    return file === undefined ? undefined : this.#files.text(file.volume, file.path)
  }

  async #loadEnvironment(values: readonly string[]): Promise<boolean> {
    const at = values.findIndex((value) => value === '-f' || value === '--file')
    const path = at === -1 ? `${this.#value('prefix')}/grubenv` : (values[at + 1] ?? '')
    const file = await this.#read(path)
    const block = file === undefined ? undefined : parseEnvironmentBlock(file.text, file.file)
    if (block === undefined) return false
    const wanted = values.filter((value, index) => !value.startsWith('-') && (at === -1 || index !== at + 1))
    for (const [name, variable] of block) {
      if (wanted.length === 0 || wanted.includes(name)) this.#variables.set(name, variable)
    }
    return true
  }

  async #search(name: string, values: readonly string[], source: ArgumentSource): Promise<boolean> {
    const { by, wanted, variable } = parseSearch(name, values)
    const found = await this.#searched(by, wanted)
    if (found === undefined) return false
    return variable === undefined ? true : this.#set(variable, this.#devices.nameOf(found), source)
  }

  async #searched(by: SearchBy, wanted: string): Promise<Volume | undefined> {
    if (by === 'fs_uuid') return this.#devices.byTag('UUID', wanted)
    if (by === 'fs_label') return this.#devices.byTag('LABEL', wanted)
    for (const volume of this.#devices.volumes()) {
      if ((await this.#files.find(volume, wanted)) !== undefined) return volume
    }
    return undefined
  }

  #probe(values: readonly string[], source: ArgumentSource): boolean {
    const variable = values.find((value) => value.startsWith('--set='))?.slice('--set='.length)
    const device = values.find((value) => !value.startsWith('-'))
    const facts = this.#devices.volumeOf(device ?? '')?.fileSystem.facts
    if (facts === undefined || variable === undefined) return false
    const value = values.some((one) => one === '--fs-uuid' || one === '-u')
      ? facts.uuid
      : values.some((one) => one === '--label' || one === '-l')
        ? facts.label
        : undefined
    return value === undefined ? false : this.#set(variable, value, source)
  }

  #assign(text: string, source: ArgumentSource): boolean {
    const at = text.indexOf('=')
    return at > 0 && this.#set(text.slice(0, at), text.slice(at + 1), source)
  }

  #set(name: string, value: string, source: ArgumentSource): boolean {
    if (value.length > MOST_CHARACTERS) return this.#unclear(this.#file, 'a variable grows without end')
    this.#variables.set(name, { value, source })
    return true
  }

  #value(name: string): string {
    return this.#variables.get(name)?.value ?? ''
  }

  #expandAll(words: readonly Word[], line: number): readonly Expanded[] {
    return words.flatMap((word) => this.#expand(word, line))
  }

  /** A variable outside of quotes may be several words, or none. */
  #expand(word: Word, line: number): readonly Expanded[] {
    const here: ArgumentSource = { kind: 'grub.cfg', file: this.#file, line: word.line || line }
    const [only] = word.parts
    if (word.parts.length === 1 && only?.kind === 'variable' && !only.quoted) {
      const variable = this.#variables.get(only.text)
      if (variable === undefined) return []
      return variable.value
        .split(/[ \t\n]+/)
        .filter((text) => text !== '')
        .map((text) => ({ text, source: variable.source.kind === 'made' ? here : variable.source }))
    }
    const text = word.parts
      .map((part) => (part.kind === 'text' ? part.text : this.#value(part.text)))
      .join('')
    return [{ text, source: here }]
  }

  #unclear(subject: string, why: string): false {
    this.#understood = false
    if (!this.#noted.has(subject)) {
      this.#noted.add(subject)
      this.#findings.push(finding('CONFIGURATION_NOT_UNDERSTOOD', subject, why))
    }
    return false
  }
}
