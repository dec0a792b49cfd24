import { Lexer } from './lexer.ts'
import type { LineSource, Token, Word } from './lexer.ts'

/** `{ … }` behind the words of a command. */
export type Block = Readonly<{ script: Script; line: number }>

export type Command =
  | Readonly<{ kind: 'simple'; words: readonly Word[]; line: number; block?: Block }>
  | Readonly<{ kind: 'if'; condition: Script; body: Script; otherwise: Script }>
  | Readonly<{ kind: 'for'; variable: string; words: readonly Word[]; body: Script }>
  | Readonly<{ kind: 'loop'; until: boolean; condition: Script; body: Script }>

export type Script = readonly Command[]

/** One command line with everything that it opens, as GRUB parses and runs them one after the other. */
export type Unit =
  | Readonly<{ kind: 'script'; script: Script; functions: ReadonlyMap<string, Script> }>
  /** GRUB says so on the screen, leaves the unit out and goes on with the next line. Functions defined before it stay. */
  | Readonly<{ kind: 'error'; message: string; line: number; functions: ReadonlyMap<string, Script> }>

const RESERVED = new Set(
  'case do done elif else esac fi for if in select then until while function'.split(' '),
)
/** Scripts that are nested deeper are no configuration. */
const MOST_NESTED = 64

class Refused extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.name = 'Refused'
    this.line = line
  }
}

/** Units of a script, to its end (grub-core/script/parser.y). */
export function* unitsOf(lines: LineSource): Generator<Unit> {
  const lexer = new Lexer(lines)
  while (lexer.begin()) yield new Parser(lexer).unit()
}

class Parser {
  readonly #lexer: Lexer
  readonly #functions = new Map<string, Script>()
  #token: Token | undefined
  #depth = 0

  constructor(lexer: Lexer) {
    this.#lexer = lexer
  }

  unit(): Unit {
    const functions = this.#functions
    try {
      return { kind: 'script', script: this.#script(), functions }
    } catch (error) {
      if (!(error instanceof Refused)) throw error
      return { kind: 'error', message: error.message, line: error.line, functions }
    }
  }

  #script(): Script {
    const commands: Command[] = []
    this.#skipNewlines()
    while (this.#peek().kind !== 'end') {
      if (this.#isWord('function')) this.#function()
      else commands.push(this.#command())
      if (!this.#isDelimiter()) this.#refuse()
      this.#take()
      this.#skipNewlines()
    }
    return commands
  }

  /** `commands1` of the grammar: at least one. */
  #commands(delimiters: 'needed' | 'optional'): Script {
    this.#depth += 1
    if (this.#depth > MOST_NESTED) this.#refuse('it is nested too deep')
    this.#skipNewlines()
    const commands = [this.#command()]
    for (;;) {
      if (!this.#isDelimiter()) {
        if (delimiters === 'needed') this.#refuse()
        break
      }
      this.#take()
      this.#skipNewlines()
      if (this.#endsCommands()) break
      commands.push(this.#command())
    }
    this.#depth -= 1
    return commands
  }

  #command(): Command {
    const word = this.#reserved()
    switch (word) {
      case 'if': {
        this.#open()
        const command = this.#ifClause()
        this.#close('fi')
        return command
      }
      case 'for':
        return this.#for()
      case 'while':
      case 'until': {
        this.#open()
        const condition = this.#commands('needed')
        this.#expect('do')
        const body = this.#commands('needed')
        this.#close('done')
        return { kind: 'loop', until: word === 'until', condition, body }
      }
      case undefined:
        return this.#simple()
      default:
        return this.#refuse()
    }
  }

  #ifClause(): Command {
    const condition = this.#commands('needed')
    this.#expect('then')
    const body = this.#commands('needed')
    let otherwise: Script = []
    if (this.#isWord('else')) {
      this.#take()
      otherwise = this.#commands('needed')
    } else if (this.#isWord('elif')) {
      this.#take()
      this.#depth += 1
      if (this.#depth > MOST_NESTED) this.#refuse('it is nested too deep')
      otherwise = [this.#ifClause()]
      this.#depth -= 1
    }
    return { kind: 'if', condition, body, otherwise }
  }

  #for(): Command {
    this.#take()
    const variable = this.#name()
    this.#lexer.open += 1
    this.#expect('in')
    const words = this.#words()
    if (!this.#isDelimiter()) this.#refuse()
    this.#take()
    this.#skipNewlines()
    this.#expect('do')
    const body = this.#commands('needed')
    this.#close('done')
    return { kind: 'for', variable, words, body }
  }

  #function(): void {
    this.#take()
    const name = this.#name()
    this.#lexer.open += 1
    this.#skipNewlines()
    if (!this.#isSymbol('{')) this.#refuse()
    this.#take()
    const body = this.#commands('needed')
    if (!this.#isSymbol('}')) this.#refuse()
    this.#take()
    this.#lexer.open -= 1
    this.#functions.set(name, body)
  }

  #simple(): Command {
    const { line } = this.#peek()
    const words = this.#words()
    if (words.length === 0) this.#refuse()
    if (!this.#isSymbol('{')) return { kind: 'simple', words, line }
    const block = { line: this.#peek().line }
    this.#open()
    const script = this.#commands('optional')
    if (!this.#isSymbol('}')) this.#refuse()
    this.#take()
    this.#lexer.open -= 1
    return { kind: 'simple', words, line, block: { ...block, script } }
  }

  #words(): readonly Word[] {
    const words: Word[] = []
    for (let token = this.#peek(); token.kind === 'word'; token = this.#peek()) {
      words.push(token.word)
      this.#take()
    }
    return words
  }

  #name(): string {
    const token = this.#peek()
    if (token.kind !== 'word' || RESERVED.has(token.raw) || !/^[A-Za-z_][A-Za-z0-9_]*$/.test(token.raw))
      return this.#refuse()
    this.#take()
    return token.raw
  }

  #open(): void {
    this.#take()
    this.#lexer.open += 1
  }

  #close(word: string): void {
    this.#expect(word)
    this.#lexer.open -= 1
  }

  #expect(word: string): void {
    if (!this.#isWord(word)) this.#refuse()
    this.#take()
  }

  #endsCommands(): boolean {
    return (
      this.#isSymbol('}') || ['then', 'else', 'elif', 'fi', 'do', 'done'].some((word) => this.#isWord(word))
    )
  }

  #isDelimiter(): boolean {
    return this.#peek().kind === 'newline' || this.#isSymbol(';')
  }

  #isSymbol(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'symbol' && token.text === text
  }

  #isWord(text: string): boolean {
    const token = this.#peek()
    return token.kind === 'word' && token.raw === text
  }

  #reserved(): string | undefined {
    const token = this.#peek()
    return token.kind === 'word' && RESERVED.has(token.raw) ? token.raw : undefined
  }

  #skipNewlines(): void {
    while (this.#peek().kind === 'newline') this.#take()
  }

  /** Looks only when it must: a line is read when a token of it is asked for. */
  #peek(): Token {
    this.#token ??= this.#lexer.next()
    return this.#token
  }

  #take(): void {
    this.#token = undefined
  }

  #refuse(message?: string): never {
    const token = this.#peek()
    const found =
      token.kind === 'word'
        ? `“${token.raw}”`
        : token.kind === 'symbol'
          ? `“${token.text}”`
          : token.kind === 'bad'
            ? 'something that is no word, or the end of the file'
            : 'the end of the line'
    throw new Refused(message ?? `${found} is not expected there`, token.line)
  }
}
