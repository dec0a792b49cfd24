/**
 * The words of a GRUB script (GRUB manual, "Shell-like scripting"): quotes as in a shell, variables as `$name` and
 * `${name}`, comments from `#` at the begin of a word. There is no other expansion.
 */
export type Part = Readonly<{ kind: 'text' | 'variable'; text: string; quoted: boolean }>

export type Word = Readonly<{ kind: 'word'; parts: readonly Part[]; line: number }>

/** `;`, a line's end, or the end of the script. */
export type End = Readonly<{ kind: 'end'; line: number }>

export type Token = Word | End

/** A quote that never closes: what is behind it cannot be told apart. */
export class GrubSyntaxError extends Error {
  readonly line: number

  constructor(message: string, line: number) {
    super(message)
    this.name = 'GrubSyntaxError'
    this.line = line
  }
}

export function tokensOf(text: string): readonly Token[] {
  return new Lexer(text).all()
}

/** The text of a word that has no variables in it and was not quoted: what may be a reserved word. */
export function bareText(token: Token | undefined): string | undefined {
  if (token?.kind !== 'word') return undefined
  const [only, ...others] = token.parts
  return only !== undefined && others.length === 0 && only.kind === 'text' && !only.quoted
    ? only.text
    : undefined
}

class Lexer {
  readonly #text: string
  readonly #tokens: Token[] = []
  #parts: Part[] = []
  #plain = ''
  #line = 1
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  all(): readonly Token[] {
    while (this.#at < this.#text.length) this.#step(this.#text[this.#at] ?? '')
    this.#endWord()
    this.#tokens.push({ kind: 'end', line: this.#line })
    return this.#tokens
  }

  #step(char: string): void {
    switch (char) {
      case ' ':
      case '\t':
      case '\r':
        this.#endWord()
        break
      case '\n':
      case ';':
        this.#endWord()
        this.#tokens.push({ kind: 'end', line: this.#line })
        if (char === '\n') this.#line += 1
        break
      case '#':
        if (this.#isInWord()) this.#plain += char
        else this.#at = this.#endOfLine() - 1
        break
      case '\\':
        this.#escape()
        break
      case "'":
        this.#single()
        break
      case '"':
        this.#double()
        break
      case '$':
        this.#endPlain(false)
        this.#variable(false)
        break
      default:
        this.#plain += char
    }
    this.#at += 1
  }

  #escape(): void {
    const next = this.#text[this.#at + 1]
    this.#at += 1
    if (next === '\n') this.#line += 1
    else if (next !== undefined) {
      this.#endPlain(false)
      this.#parts.push({ kind: 'text', text: next, quoted: true })
    }
  }

  #single(): void {
    this.#endPlain(false)
    const end = this.#text.indexOf("'", this.#at + 1)
    if (end === -1) throw new GrubSyntaxError("a ' never closes", this.#line)
    const text = this.#text.slice(this.#at + 1, end)
    this.#parts.push({ kind: 'text', text, quoted: true })
    this.#line += text.split('\n').length - 1
    this.#at = end
  }

  #double(): void {
    this.#endPlain(false)
    const opened = this.#line
    const before = this.#parts.length
    for (this.#at += 1; this.#text[this.#at] !== '"'; this.#at += 1) {
      const char = this.#text[this.#at]
      if (char === undefined) throw new GrubSyntaxError('a " never closes', opened)
      if (char === '\n') this.#line += 1
      if (char === '\\' && /[$"\\\n]/.test(this.#text[this.#at + 1] ?? '')) {
        this.#at += 1
        if (this.#text[this.#at] === '\n') this.#line += 1
        else this.#plain += this.#text[this.#at] ?? ''
      } else if (char === '$') {
        this.#endPlain(true)
        this.#variable(true)
      } else this.#plain += char
    }
    // Nothing between quotes is a word, too.
    if (this.#plain !== '' || this.#parts.length === before) {
      this.#parts.push({ kind: 'text', text: this.#plain, quoted: true })
    }
    this.#plain = ''
  }

  /** At a `$`; stays on the last character of the name. */
  #variable(quoted: boolean): void {
    const rest = this.#text.slice(this.#at + 1, this.#at + 130)
    const [whole = '', braced, bare] =
      /^(?:\{([A-Za-z0-9_]+)\}|([A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?*@#]))/.exec(rest) ?? []
    const text = braced ?? bare
    if (text === undefined) this.#plain += '$'
    else this.#parts.push({ kind: 'variable', text, quoted })
    this.#at += whole.length
  }

  #isInWord(): boolean {
    return this.#plain !== '' || this.#parts.length > 0
  }

  #endPlain(quoted: boolean): void {
    if (this.#plain !== '') this.#parts.push({ kind: 'text', text: this.#plain, quoted })
    this.#plain = ''
  }

  #endWord(): void {
    this.#endPlain(false)
    if (this.#parts.length > 0) this.#tokens.push({ kind: 'word', parts: this.#parts, line: this.#line })
    this.#parts = []
  }

  #endOfLine(): number {
    const end = this.#text.indexOf('\n', this.#at)
    return end === -1 ? this.#text.length : end
  }
}
