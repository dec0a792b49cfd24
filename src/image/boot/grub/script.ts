import { GrubSyntaxError, bareText, tokensOf } from './tokens.ts'
import type { Token, Word } from './tokens.ts'

export type Command =
  | Readonly<{
      kind: 'simple'
      words: readonly Word[]
      line: number
      /** In front of it stood a `!`. */
      negated: boolean
      /** `menuentry` and `submenu`. */
      block?: Script
    }>
  | Readonly<{ kind: 'if'; branches: readonly Branch[]; otherwise: Script }>
  | Readonly<{ kind: 'for'; variable: string; words: readonly Word[]; body: Script }>
  /** `while` and `until`. */
  | Readonly<{ kind: 'loop'; line: number }>
  | Readonly<{ kind: 'function'; name: string; body: Script }>

export type Script = readonly Command[]

type Branch = Readonly<{ condition: Script; body: Script }>

/** Scripts that are nested deeper are no configuration. */
const MOST_NESTED = 64

/** Throws GrubSyntaxError, with the line. */
export function parseGrubScript(text: string): Script {
  return new Parser(tokensOf(text)).script([])
}

class Parser {
  readonly #tokens: readonly Token[]
  #at = 0
  #depth = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  /** Commands up to one of these reserved words, which is taken; or up to the end of the text, where there are none. */
  script(until: readonly string[]): Script {
    this.#depth += 1
    if (this.#depth > MOST_NESTED) throw new GrubSyntaxError('it is nested too deep', this.#line())
    const commands: Command[] = []
    for (;;) {
      while (this.#peek()?.kind === 'end') this.#at += 1
      const token = this.#peek()
      if (token === undefined) {
        if (until.length > 0) throw new GrubSyntaxError(`"${until.join('" or "')}" is missing`, this.#line())
        break
      }
      const word = bareText(token)
      if (word !== undefined && until.includes(word)) break
      commands.push(this.#command(word))
    }
    this.#depth -= 1
    return commands
  }

  #command(word: string | undefined): Command {
    switch (word) {
      case 'if':
        return this.#if()
      case 'for':
        return this.#for()
      case 'while':
      case 'until': {
        const line = this.#line()
        this.#at += 1
        this.#body(['do'])
        this.#body(['done'])
        return { kind: 'loop', line }
      }
      case 'function': {
        this.#at += 1
        const name = bareText(this.#take()) ?? ''
        this.#expect('{')
        return { kind: 'function', name, body: this.#body(['}']) }
      }
      case undefined:
      default:
        return this.#simple()
    }
  }

  #if(): Command {
    const branches: Branch[] = []
    let otherwise: Script = []
    for (let keyword: string | undefined = 'if'; keyword === 'if' || keyword === 'elif';) {
      this.#at += 1
      const condition = this.#body(['then'])
      const body = this.script(['elif', 'else', 'fi'])
      branches.push({ condition, body })
      keyword = bareText(this.#peek())
      if (keyword === 'else') {
        this.#at += 1
        otherwise = this.script(['fi'])
      }
    }
    this.#expect('fi')
    return { kind: 'if', branches, otherwise }
  }

  #for(): Command {
    this.#at += 1
    const variable = bareText(this.#take()) ?? ''
    this.#expect('in')
    const words = this.#words()
    while (this.#peek()?.kind === 'end') this.#at += 1
    this.#expect('do')
    return { kind: 'for', variable, words, body: this.#body(['done']) }
  }

  #simple(): Command {
    const line = this.#line()
    const negated = bareText(this.#peek()) === '!'
    if (negated) this.#at += 1
    const words = this.#words()
    const name = bareText(words[0])
    if (name !== 'menuentry' && name !== 'submenu') return { kind: 'simple', words, line, negated }
    const [last] = words.slice(-1)
    if (bareText(last) !== '{') return { kind: 'simple', words, line, negated }
    return { kind: 'simple', words: words.slice(0, -1), line, negated, block: this.#body(['}']) }
  }

  /** Up to the end of the command; a `{` is the last of them, a `}` is not one. */
  #words(): readonly Word[] {
    const words: Word[] = []
    for (let token = this.#peek(); token?.kind === 'word'; token = this.#peek()) {
      const bare = bareText(token)
      if (bare === '}' && words.length > 0) break
      words.push(token)
      this.#at += 1
      if (bare === '{') break
    }
    return words
  }

  #body(until: readonly string[]): Script {
    const script = this.script(until)
    this.#at += 1
    return script
  }

  #expect(word: string): void {
    if (bareText(this.#take()) !== word) throw new GrubSyntaxError(`"${word}" is missing`, this.#line())
  }

  #take(): Token | undefined {
    this.#at += 1
    return this.#tokens[this.#at - 1]
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#at]
  }

  #line(): number {
    return (this.#tokens[this.#at] ?? this.#tokens.at(-1))?.line ?? 0
  }
}
