/**
 * Runs a GRUB script as GRUB does (grub-core/script/execute.c, normal/main.c), as far as it decides what boots. It runs
 * nothing that shows or writes. What GRUB would ask of the machine (keys, clock) answers no.
 * INVARIANTS: it ends, and keeps no more than the bounds say, whatever the script says.
 */
import type { ArgumentSource } from '../contract.ts'
import type { TextFile } from '../image-files.ts'
import { holds } from './condition.ts'
import { addBlsEntries, defineEntry } from './entry-commands.ts'
import { expandWords } from './expand.ts'
import type { Expanded } from './expand.ts'
import {
  ANSWERED_NO,
  MODULE_COMMANDS,
  NOT_FOLLOWED,
  OTHER_LOADERS,
  WITHOUT_EFFECT,
} from './known-commands.ts'
import { nextByPriority } from './gptprio.ts'
import { insmod, lookForModules } from './insmod.ts'
import { linesOf } from './lexer.ts'
import type { LineSource, Word } from './lexer.ts'
import { parseGrubNumber } from './number.ts'
import { shift } from './parameters.ts'
import { unitsOf } from './script.ts'
import type { Command, Script } from './script.ts'
import {
  BAD_ARGUMENT,
  DONE,
  Ended,
  FILE_NOT_FOUND,
  MOST_NESTED,
  MOST_SOURCED,
  MOST_STEPS,
  TEST_FAILURE,
  placeOf,
} from './state.ts'
import type { Context, GrubState } from './state.ts'
import { matchPaths } from './wildcard.ts'

export class GrubMachine {
  readonly #state: GrubState
  readonly #functions = new Map<string, Script>()
  #steps = 0
  #sourced = 0
  #depth = 0
  #loops = 0
  #breaks = 0
  #continues = false
  #returns = false

  constructor(state: GrubState) {
    this.#state = state
  }

  /** How deep it is nested. */
  get depth(): number {
    return this.#depth
  }

  /** Runs something that opens another menu, and is then where it was. */
  async apart<T>(depth: number, work: () => Promise<T>): Promise<T> {
    const before = this.#depth
    const functions = [...this.#functions]
    this.#depth = depth
    try {
      return await work()
    } finally {
      this.#depth = before
      this.#functions.clear()
      for (const [name, body] of functions) this.#functions.set(name, body)
      this.#breaks = this.#loops = 0
      this.#returns = false
    }
  }

  async source({ text, file }: TextFile, name: string): Promise<number> {
    this.#sourced += 1
    if (this.#sourced > MOST_SOURCED) {
      this.#state.unclear(file, 'it reads too many files')
      throw new Ended()
    }
    const before = this.#state.file
    const places = ['config_file', 'config_directory'].map(
      (one) => [one, this.#state.context.variables.get(one)] as const,
    )
    this.#state.make('config_file', name, true)
    this.#state.make('config_directory', name.slice(0, Math.max(0, name.lastIndexOf('/'))), true)
    this.#state.file = file
    const lines = text.replaceAll('\r', '').split('\n')
    if (lines.at(-1) === '') lines.pop()
    const last = await this.#units(linesOf(lines, 'skipComments'), 'goOn')
    this.#state.file = before
    for (const [one, value] of places) {
      if (value === undefined) this.#state.context.variables.delete(one)
      else this.#state.context.variables.set(one, value)
    }
    return last
  }

  /** Line by line: in a file, what is no command is left out, and the next line is read (grub_normal_parse_line). */
  async #units(lines: LineSource, atError: 'goOn' | 'stop'): Promise<number> {
    let last = DONE
    for (const unit of unitsOf(lines)) {
      for (const [name, body] of unit.functions) this.#functions.set(name, body)
      if (unit.kind === 'error') {
        const at = this.#state.file === '' ? 'a word' : this.#state.file
        this.#state.note(`${at}:${unit.line}`, `GRUB skips what begins there: ${unit.message}`)
        last = DONE
        if (atError === 'stop') break
        continue
      }
      if (unit.script.length > 0) last = await this.script(unit.script)
    }
    return last
  }

  async script(script: Script): Promise<number> {
    if (this.#depth >= MOST_NESTED) {
      this.#state.unclear(this.#state.file, 'it calls itself without end')
      throw new Ended()
    }
    this.#depth += 1
    let last = DONE
    for (const command of script) {
      if (this.#breaks > 0) break
      last = await this.#command(command)
      this.#state.make('?', String(last))
      if (this.#returns) break
    }
    this.#depth -= 1
    this.#state.make('?', String(last))
    return last
  }

  async #command(command: Command): Promise<number> {
    this.#steps += 1
    if (this.#steps > MOST_STEPS) {
      this.#state.unclear(this.#state.file, 'it does not come to an end')
      throw new Ended()
    }
    switch (command.kind) {
      case 'simple':
        return this.#simple(command)
      case 'if': {
        const condition = await this.script(command.condition)
        if (this.#returns) return condition
        return this.script(condition === DONE ? command.body : command.otherwise)
      }
      case 'for':
        return this.#for(command)
      case 'loop':
        return this.#loop(command)
      default:
        return command satisfies never
    }
  }

  async #for(command: Extract<Command, { kind: 'for' }>): Promise<number> {
    const words = await this.#expand(command.words)
    this.#loops += 1
    let last = DONE
    for (const { text, source } of words) {
      if (this.#continues && this.#breaks === 1) this.#breaks = 0
      if (this.#breaks > 0) continue
      this.#state.set(command.variable, text, source)
      last = await this.script(command.body)
      if (this.#returns) break
    }
    if (this.#breaks > 0) this.#breaks -= 1
    this.#loops -= 1
    return last
  }

  async #loop(command: Extract<Command, { kind: 'loop' }>): Promise<number> {
    this.#loops += 1
    let last = DONE
    for (;;) {
      this.#steps += 1
      if (this.#steps > MOST_STEPS) {
        this.#state.unclear(this.#state.file, 'it does not come to an end')
        throw new Ended()
      }
      last = await this.script(command.condition)
      if (this.#returns || (command.until ? last === DONE : last !== DONE)) break
      last = await this.script(command.body)
      if (this.#returns) break
      if (this.#breaks === 1 && this.#continues) this.#breaks = 0
      if (this.#breaks > 0) break
    }
    if (this.#breaks > 0) this.#breaks -= 1
    this.#loops -= 1
    return last
  }

  async #simple({ words, line, block }: Extract<Command, { kind: 'simple' }>): Promise<number> {
    const all = await this.#expand(words)
    const isInverted = all[0]?.text === '!'
    const [name, ...rest] = isInverted ? all.slice(1) : all
    if (name === undefined) return isInverted ? BAD_ARGUMENT : DONE
    const source: ArgumentSource = { kind: 'grub.cfg', file: this.#state.file, line }
    const done = await this.#run(name.text, rest, source, block?.script)
    await lookForModules(this.#state)
    if (!isInverted || done === 'unknown') return done === 'unknown' ? DONE : done
    return done === TEST_FAILURE ? DONE : done === DONE ? TEST_FAILURE : DONE
  }

  /** `unknown` where it is neither a command nor a function: GRUB goes on as if it was done. */
  async #run(
    name: string,
    words: readonly Expanded[],
    source: ArgumentSource,
    block: Script | undefined,
  ): Promise<number | 'unknown'> {
    const values = words.map(({ text }) => text)
    const { dialect } = this.#state.setting
    switch (name) {
      case 'menuentry':
      case 'submenu':
        return defineEntry(this.#state, name === 'submenu', values, block, source)
      case 'set':
        return this.#state.assign(values[0], source)
      case 'unset':
        if (values[0] === undefined) return BAD_ARGUMENT
        this.#state.context.variables.delete(values[0])
        return DONE
      case 'export':
        return this.#state.export(values)
      case '[':
      case 'test':
        return (await holds(values, this.#state.look)) ? DONE : TEST_FAILURE
      case 'search':
      case 'search.fs_uuid':
      case 'search.fs_label':
      case 'search.file':
      case 'search.part_label':
      case 'search.part_uuid':
      case 'search.disk_uuid':
        return this.#state.search(name, values, source)
      case 'gptprio.next':
        return nextByPriority(this.#state, values, source)
      case 'insmod':
        return insmod(this.#state, values)
      case 'probe':
        return this.#state.probe(values, source)
      case 'regexp':
        return this.#state.regexp(values, source)
      case 'source':
      case '.':
      case 'configfile':
        return this.#configure(name, values)
      case 'load_env':
        return this.#state.loadEnvironment(values)
      case 'eval':
        return this.#units(linesOf(values.join(' ').split('\n'), 'keepComments'), 'stop')
      case 'cpuid':
        // Machines of today have 64 bits; what else is asked is answered no.
        return values.length === 0 || values[0] === '-l' || values[0] === '--long-mode' ? DONE : TEST_FAILURE
      case 'break':
      case 'continue':
        return this.#break(name, values)
      case 'shift':
      case 'setparams':
        return shift(this.#state, name, values)
      case 'return':
        return this.#return(values)
      case 'boot':
      case 'halt':
      case 'reboot':
        if (this.#state.loaded !== undefined) throw new Ended()
        return DONE
      case 'exit':
      case 'normal_exit':
        throw new Ended()
      case 'increment':
      case 'decrement':
        if (!dialect.hasIncrement) break
        return this.#state.increment(name, values, source)
      case 'blscfg':
      case 'bls_import':
      case 'uki':
        return addBlsEntries(this.#state, name, values, source)
      case 'linux':
      case 'linux16':
      case 'linuxefi':
        return this.#state.linux(words, source)
      case 'initrd':
      case 'initrd16':
      case 'initrdefi':
        return this.#state.initrd(values, source)
      case 'devicetree':
      case 'fdt': {
        const file = this.#state.fileOf(values[0] ?? '', source)
        if (this.#state.loaded !== undefined && file !== undefined) this.#state.loaded.devicetree = file
        return file === undefined ? FILE_NOT_FOUND : DONE
      }
      default:
        if (OTHER_LOADERS.has(name)) return this.#state.other(name, values, source)
        if (MODULE_COMMANDS.has(name)) return DONE
        if (ANSWERED_NO.has(name)) return TEST_FAILURE
        if (NOT_FOLLOWED.has(name)) {
          this.#state.unclear(placeOf(source), `“${name}” is not followed`)
          return TEST_FAILURE
        }
        if (WITHOUT_EFFECT.has(name)) return DONE
    }
    const body = this.#functions.get(name)
    if (body !== undefined) return this.#call(body, values)
    const at = name.indexOf('=')
    if (at !== -1) this.#state.setUnlessSpecial(name.slice(0, at), name.slice(at + 1), source)
    return 'unknown'
  }

  async #call(body: Script, values: readonly string[]): Promise<number> {
    const { parameters } = this.#state.context
    const loops = this.#loops
    const context = this.#state.context
    context.parameters = values
    this.#loops = 0
    const done = await this.script(body)
    this.#returns = false
    this.#loops = loops
    context.parameters = parameters
    return done
  }

  async #configure(name: string, values: readonly string[]): Promise<number> {
    const [path] = values
    if (path === undefined || values.length !== 1) return BAD_ARGUMENT
    const file = await this.#state.read(path)
    if (file === undefined) return DONE
    const whole = path.startsWith('(') ? path : `(${this.#state.value('root')})${path}`
    if (name !== 'configfile') {
      await this.source(file, whole)
      return DONE
    }
    const outer = this.#state.context
    const inner: Context = {
      variables: this.#state.inherited(outer.variables),
      menu: [],
      parameters: outer.parameters,
    }
    this.#state.context = inner
    await this.source(file, whole)
    // Its menu is shown at once; who leaves it with Escape would come back here.
    if (inner.menu.length > 0) throw new Ended({ menu: inner.menu, variables: inner.variables })
    this.#state.context = outer
    return DONE
  }

  #break(name: 'break' | 'continue', values: readonly string[]): number {
    const number = values[0] === undefined ? undefined : parseGrubNumber(values[0])
    if (values.length > 1 || (values[0] !== undefined && (number === undefined || number.rest !== '')))
      return BAD_ARGUMENT
    const count = number === undefined ? 1 : Number(number.value)
    if (count === 0) return BAD_ARGUMENT
    this.#continues = name === 'continue'
    this.#breaks = Math.min(count, this.#loops)
    return DONE
  }

  #return(values: readonly string[]): number {
    if (this.#state.context.parameters === undefined || values.length > 1) return BAD_ARGUMENT
    if (values[0] === undefined) {
      this.#returns = true
      return Number(parseGrubNumber(this.#state.value('?'))?.value ?? 0)
    }
    const number = parseGrubNumber(values[0])
    if (number === undefined || number.rest !== '') return BAD_ARGUMENT
    this.#returns = true
    return Number(number.value)
  }

  async #expand(words: readonly Word[]): Promise<readonly Expanded[]> {
    const expanded = await expandWords(
      words,
      (line) => ({ kind: 'grub.cfg', file: this.#state.file, line }),
      {
        variables: this.#state.context.variables,
        parameters: this.#state.context.parameters,
        keepsHexEscapes: this.#state.setting.dialect.keepsHexEscapes,
        matches: async (pattern) => {
          const paths = await matchPaths(pattern, {
            volumeOf: (device) => this.#state.devices.volumeOf(device ?? this.#state.value('root')),
            files: this.#state.files,
          })
          if (paths === 'unclear')
            this.#state.unclear(this.#state.file, `“${pattern}” stands for devices, and is not followed`)
          return paths === 'unclear' ? undefined : paths
        },
      },
    )
    this.#state.spend(expanded.reduce((sum, { text }) => sum + text.length + 1, 0))
    return expanded
  }
}
