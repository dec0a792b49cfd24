import { raise } from '../errors.ts'

/** A command of a shell script, in words as Compose would write them: variables stay, other dollars are doubled. */
export type ScriptCommand = Readonly<{ line: number; words: readonly string[] }>

/** `$(dirname "$0")`: the directory of the script. */
const OWN = String.raw`\$\(\s*dirname\s+(?:--\s+)?"?\$(?:0|\{0\}|BASH_SOURCE|\{BASH_SOURCE(?:\[0\])?\})"?\s*\)`
/** That, `$(pwd)`, and `$(cd "$(dirname "$0")" && pwd)`: a script is taken to be started where it lies. */
const HERE = new RegExp(
  String.raw`^(?:\$\(\s*pwd\s*\)|\x60\s*pwd\s*\x60|${OWN}|\$\(\s*cd\s+"?${OWN}"?\s*(?:&&|;)\s*pwd\s*\))`,
)

/** Longest script that is read. */
const MAX_LENGTH = 1 << 18

/**
 * Splits a shell script into simple commands (POSIX XCU 2): quotes, backslashes, joined lines, comments, variables.
 * Redirections are left out, and `$(pwd)` and `$(dirname "$0")` are the variable PWD. What only a shell could work out (command substitution, arithmetic, positional
 * parameters) throws IMPORT_SHELL with its line.
 */
export function readScript(text: string): readonly ScriptCommand[] {
  if (text.length > MAX_LENGTH)
    throw raise('IMPORT_SHELL', { line: 1, what: `more than ${MAX_LENGTH} characters` })
  return new Reader(text).commands()
}

class Reader {
  readonly #text: string
  #at = 0
  #line = 1

  constructor(text: string) {
    this.#text = text.replaceAll('\r\n', '\n')
  }

  commands(): readonly ScriptCommand[] {
    const commands: ScriptCommand[] = []
    let words: string[] = []
    let line = 1
    let skipWord = false
    const end = (): void => {
      if (words.length > 0) commands.push({ line, words })
      words = []
    }
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? ''
      if (char === '\n' || char === ';' || char === '&' || char === '|') {
        this.#take()
        end()
      } else if (/[ \t]/.test(char)) this.#take()
      else if (this.#text.startsWith('\\\n', this.#at)) this.#take(2)
      else if (char === '#') {
        while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#take()
      } else if (this.#redirection()) skipWord = true
      else {
        const started = this.#line
        const word = this.#word()
        if (!skipWord) {
          if (words.length === 0) line = started
          words.push(word)
        }
        skipWord = false
      }
    }
    end()
    return commands
  }

  /** `>`, `2>&1`, `<`, `>>`: taken, with the word after it still to come. */
  #redirection(): boolean {
    const match = /^\d*(?:>>|<<|>&|<&|>|<)/.exec(this.#text.slice(this.#at, this.#at + 8))
    if (match === null) return false
    this.#take(match[0].length)
    return true
  }

  #word(): string {
    let word = ''
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] ?? ''
      if (/[\s;&|<>]/.test(char)) break
      if (char === "'") word += this.#single()
      else if (char === '"') word += this.#double()
      else if (char === '$' || char === '`') word += this.#expansion()
      else if (char === '\\') {
        if (this.#text[this.#at + 1] !== '\n') word += this.#literal(this.#text[this.#at + 1] ?? '')
        this.#take(2)
      } else {
        word += char
        this.#take()
      }
    }
    return word
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end === -1) throw raise('IMPORT_SHELL', { line: this.#line, what: 'a quote that is not closed' })
    const inner = this.#text.slice(this.#at + 1, end)
    this.#take(end + 1 - this.#at)
    return this.#literal(inner)
  }

  #double(): string {
    const line = this.#line
    let out = ''
    this.#take()
    while (this.#text[this.#at] !== '"') {
      const char = this.#text[this.#at]
      if (char === undefined) throw raise('IMPORT_SHELL', { line, what: 'a quote that is not closed' })
      if (char === '$' || char === '`') out += this.#expansion()
      else if (char === '\\' && /["\\$`\n]/.test(this.#text[this.#at + 1] ?? '')) {
        if (this.#text[this.#at + 1] !== '\n') out += this.#literal(this.#text[this.#at + 1] ?? '')
        this.#take(2)
      } else {
        out += char
        this.#take()
      }
    }
    this.#take()
    return out
  }

  /** A variable stays one, for Compose knows the same forms. */
  #expansion(): string {
    const rest = this.#text.slice(this.#at)
    const variable = /^\$(?:[A-Za-z_]\w*|\{[A-Za-z_]\w*(?::?[-?+][^{}$`]*)?\})/.exec(rest)?.[0]
    if (variable !== undefined) {
      this.#take(variable.length)
      return variable
    }
    const here = HERE.exec(rest)?.[0]
    if (here !== undefined) {
      this.#take(here.length)
      return '${PWD}'
    }
    if (/^\$([\s"';&|:/]|$)/.test(rest)) {
      this.#take()
      return '$$'
    }
    const what =
      rest.startsWith('`') || rest.startsWith('$(') ? 'a command substitution' : 'a shell expression'
    throw raise('IMPORT_SHELL', { line: this.#line, what })
  }

  #literal(text: string): string {
    return text.replaceAll('$', '$$$$')
  }

  #take(count = 1): void {
    for (let index = 0; index < count; index += 1) {
      if (this.#text[this.#at] === '\n') this.#line += 1
      this.#at += 1
    }
  }
}
