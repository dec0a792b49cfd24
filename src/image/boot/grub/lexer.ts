/**
 * The words of a GRUB script, cut as GRUB cuts them (grub-core/script/yylex.l, lexer.c): a line is read when it is
 * needed, and one that ends inside quotes or behind a backslash gets the next one.
 */

export type Part = Readonly<{
  /** `quoted` and `translated` are text between quotes; a `quotedVariable` stands between double ones. */
  kind: 'text' | 'quoted' | 'translated' | 'variable' | 'quotedVariable'
  text: string
}>

export type Word = Readonly<{ parts: readonly Part[]; line: number }>

export type Token =
  | Readonly<{ kind: 'word'; word: Word; raw: string; line: number }>
  /** `;`, `{`, `}`, and those that no command has: `|`, `&`, `<`, `>`, `;;`, `||`, `&&`, `[[`, `]]`. */
  | Readonly<{ kind: 'symbol'; text: string; line: number }>
  | Readonly<{ kind: 'newline' | 'end' | 'bad'; line: number }>

export type SourceLine = Readonly<{ text: string; line: number }>

/** Lines one after the other; undefined behind the last one. */
export type LineSource = () => SourceLine | undefined

/** A line that goes on over more lines, or more characters, is no configuration. */
const MOST_CONTINUED = 1000
const MOST_CHARACTERS = 1 << 18

const SYMBOLS = ['||', '&&', ';;', '|', '&', ';', '<', '>', '{', '}']
const VARIABLE = /(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?#*@])/y
const BRACED = /\{(?:[A-Za-z_][A-Za-z0-9_]*|[0-9]+|[?#*@])\}/y

export class Lexer {
  readonly #lines: LineSource
  #buffer = ''
  #at = 0
  #line = 0
  #continued = 0
  /** Above 0 while a construct is open: then the text goes on behind the end of a line. */
  open = 0

  constructor(lines: LineSource) {
    this.#lines = lines
  }

  /** Begins at the next line. False where there is none. */
  begin(): boolean {
    this.open = 0
    return this.#load(this.#lines())
  }

  next(): Token {
    for (;;) {
      this.#skipBlanks()
      if (this.#at >= this.#buffer.length) {
        if (this.open === 0) return { kind: 'end', line: this.#line }
        if (!this.#load(this.#lines())) return { kind: 'bad', line: this.#line }
        continue
      }
      const token = this.#token()
      if (token !== 'continued') return token
      if (!this.#continue()) return { kind: 'bad', line: this.#line }
    }
  }

  #load(next: SourceLine | undefined): boolean {
    if (next === undefined) return false
    this.#buffer = `${next.text}\n`
    this.#at = 0
    this.#line = next.line
    this.#continued = 0
    return true
  }

  /** What was not finished, with the next line behind it, is cut anew. */
  #continue(): boolean {
    const next = this.#lines()
    this.#continued += 1
    if (next === undefined || this.#continued > MOST_CONTINUED) return false
    this.#buffer = `${this.#buffer.slice(this.#at)}${next.text}\n`
    this.#at = 0
    return this.#buffer.length <= MOST_CHARACTERS
  }

  #skipBlanks(): void {
    while (this.#buffer[this.#at] === ' ' || this.#buffer[this.#at] === '\t') this.#at += 1
    if (this.#buffer[this.#at] !== '#') return
    this.#at = this.#buffer.indexOf('\n', this.#at)
  }

  #token(): Token | 'continued' {
    const line = this.#line
    const start = this.#at
    if (this.#buffer[start] === '\n') {
      this.#at += 1
      this.#line += 1
      return { kind: 'newline', line }
    }
    const symbol = SYMBOLS.find((text) => this.#buffer.startsWith(text, start))
    if (symbol !== undefined) {
      this.#at += symbol.length
      return { kind: 'symbol', text: symbol, line }
    }
    const end = wordEnd(this.#buffer, start)
    if (end === 'continued') return end
    if (end === start) {
      this.#at += 1
      return { kind: 'bad', line }
    }
    const raw = this.#buffer.slice(start, end)
    this.#at = end
    this.#line += raw.split('\n').length - 1
    if (raw === '[[' || raw === ']]') return { kind: 'symbol', text: raw, line }
    const parts = partsOf(raw)
    return parts === undefined ? { kind: 'bad', line } : { kind: 'word', word: { parts, line }, raw, line }
  }
}

/** Behind the longest word from here; `continued` where it ends in the next line. */
function wordEnd(buffer: string, start: number): number | 'continued' {
  let at = start
  for (;;) {
    const char = buffer[at]
    if (char === undefined || /[{}|&;<> \t\n]/.test(char)) return at
    if (char === '"' || (char === '$' && buffer[at + 1] === '"')) {
      const close = doubleQuoteEnd(buffer, char === '$' ? at + 2 : at + 1)
      if (close === undefined) return 'continued'
      at = close
    } else if (char === "'") {
      const close = buffer.indexOf("'", at + 1)
      if (close === -1) return 'continued'
      at = close + 1
    } else if (char === '\\') {
      if (at + 2 >= buffer.length && buffer[at + 1] === '\n') return 'continued'
      at += 2
    } else if (char === '$') {
      const length = variableLength(buffer, at + 1)
      if (length === 0) return at
      at += 1 + length
    } else at += 1
  }
}

/** Behind the closing `"`. */
function doubleQuoteEnd(buffer: string, from: number): number | undefined {
  for (let at = from; at < buffer.length; at += 1) {
    if (buffer[at] === '"') return at + 1
    if (buffer[at] === '\\') at += 1
  }
  return undefined
}

/** Of what stands behind a `$`: a name, or one between braces; 0 where there is none. */
function variableLength(text: string, at: number): number {
  for (const pattern of [BRACED, VARIABLE]) {
    pattern.lastIndex = at
    const found = pattern.exec(text)
    if (found !== null) return found[0].length
  }
  return 0
}

/** The states SPLIT, DQUOTE, SQUOTE, I18NQUOTE and VAR of yylex.l. undefined where a `$` between quotes names nothing. */
function partsOf(raw: string): readonly Part[] | undefined {
  const parts: Part[] = []
  let text = ''
  const end = (kind: Part['kind']): void => {
    if (kind !== 'text' || text !== '') parts.push({ kind, text })
    text = ''
  }
  let at = 0
  while (at < raw.length) {
    const char = raw[at] ?? ''
    if (char === '\\') {
      if (raw[at + 1] !== '\n') text += raw.slice(at, at + 2)
      at += 2
    } else if (char === "'") {
      end('text')
      const close = raw.indexOf("'", at + 1)
      text = raw.slice(at + 1, close)
      end('quoted')
      at = close + 1
    } else if (char === '$' && raw[at + 1] === '"') {
      end('text')
      const close = (doubleQuoteEnd(raw, at + 2) ?? raw.length + 1) - 1
      text = raw
        .slice(at + 2, close)
        .replaceAll('\\\n', '')
        .replaceAll('\\"', '"')
      end('translated')
      at = close + 1
    } else if (char === '$') {
      end('text')
      const length = variableLength(raw, at + 1)
      text = nameOf(raw.slice(at + 1, at + 1 + length))
      end('variable')
      at += 1 + length
    } else if (char === '"') {
      end('text')
      for (at += 1; raw[at] !== '"';) {
        if (raw[at] === '\\' && /[$\\"\n]/.test(raw[at + 1] ?? '')) {
          if (raw[at + 1] !== '\n') text += raw[at + 1] ?? ''
          at += 2
        } else if (raw[at] === '$') {
          const length = variableLength(raw, at + 1)
          if (length === 0) return undefined
          end('quoted')
          text = nameOf(raw.slice(at + 1, at + 1 + length))
          end('quotedVariable')
          at += 1 + length
        } else {
          text += raw[at] ?? ''
          at += 1
        }
      }
      end('quoted')
      at += 1
    } else {
      text += char
      at += 1
    }
  }
  end('text')
  return parts
}

function nameOf(found: string): string {
  return found.startsWith('{') ? found.slice(1, -1) : found
}

/** A file's lines that begin with a `#` are left out before they are looked at, even between quotes. */
export function linesOf(lines: readonly string[], comments: 'skipComments' | 'keepComments'): LineSource {
  let at = 0
  return () => {
    if (comments === 'skipComments') while (lines[at]?.startsWith('#') === true) at += 1
    const text = lines[at]
    at += 1
    return text === undefined ? undefined : { text, line: at }
  }
}
