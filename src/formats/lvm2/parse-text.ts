import { raise } from './errors.ts'

/** A section of LVM's text format: sections and values by key. */
export type Section = ReadonlyMap<string, Node>
export type Scalar = string | number
export type Node = Section | Scalar | readonly Scalar[]

/** A group, its kinds of volumes, a volume, a segment: LVM itself never goes deeper. */
const MOST_DEPTH = 8
/** Sections and values together; a group of a thousand volumes has some twenty thousand. */
const MOST_NODES = 1_000_000

/** All but strings, which are looked for by hand: a pattern for them would need a stack as deep as they are long. */
const TOKEN = /[ \t\r\n]+|#[^\n]*|-?\d+\.\d+|-?\d+(?![\w+.-])|[\w+.-]+|[=[\]{},]/suy

type Token = Readonly<{ text: string; line: number }>

/**
 * LVM's text format (`dm_config_parse` of libdm): `name { … }`, `name = value`, values being whole numbers, decimal
 * fractions, quoted strings and arrays of them; `#` begins a comment. Strict: a name that comes twice in a section, or a
 * number beyond 2^53 - 1, is refused. Throws LVM_TEXT_INVALID.
 */
export function parseText(text: string, source: string): Section {
  const reader = new TokenReader(text, source)
  let nodes = 0
  const section = (depth: number, closing: '}' | ''): Section => {
    if (depth > MOST_DEPTH) throw reader.wrong(`at most ${MOST_DEPTH} levels`, 'one more')
    const entries = new Map<string, Node>()
    for (;;) {
      const name = reader.next()
      if (name.text === closing) return entries
      if (!/^[\w+.-]/.test(name.text) || name.text === '') throw reader.wrong('a name', name.text)
      if (entries.has(name.text)) throw reader.wrong('a name that is new in its section', name.text)
      nodes += 1
      if (nodes > MOST_NODES) throw reader.wrong(`at most ${MOST_NODES} values`, 'one more')
      const then = reader.next()
      if (then.text === '{') entries.set(name.text, section(depth + 1, '}'))
      else if (then.text === '=') entries.set(name.text, value())
      else throw reader.wrong('= or {', then.text)
    }
  }
  const value = (): Node => {
    const first = reader.next()
    if (first.text !== '[') return scalar(first)
    const items: Scalar[] = []
    let item = reader.next()
    while (item.text !== ']') {
      items.push(scalar(item))
      nodes += 1
      if (nodes > MOST_NODES) throw reader.wrong(`at most ${MOST_NODES} values`, 'one more')
      const then = reader.next()
      if (then.text !== ',' && then.text !== ']') throw reader.wrong(', or ]', then.text)
      item = then.text === ']' ? then : reader.next()
    }
    return items
  }
  const scalar = ({ text: token }: Token): Scalar => {
    if (token.startsWith('"')) return token.slice(1, -1).replaceAll(/\\(.)/gsu, '$1')
    if (!/^-?\d+(?:\.\d+)?$/.test(token)) throw reader.wrong('a value', token)
    const number = Number(token)
    if (Math.abs(number) > Number.MAX_SAFE_INTEGER) throw reader.wrong('a number below 2^53', token)
    return number
  }
  return section(0, '')
}

class TokenReader {
  readonly #text: string
  readonly #source: string
  #at = 0
  #line = 1

  constructor(text: string, source: string) {
    this.#text = text
    this.#source = source
  }

  /** The next token that is neither space nor comment; '' at the end. */
  next(): Token {
    while (this.#at < this.#text.length) {
      const token = this.#tokenHere()
      if (token === undefined) throw this.wrong('a token', this.#text.slice(this.#at, this.#at + 1))
      const line = this.#line
      this.#at += token.length
      if (token.includes('\n')) this.#line += token.split('\n').length - 1
      if (!/^[ \t\r\n#]/.test(token)) return { text: token, line }
    }
    return { text: '', line: this.#line }
  }

  #tokenHere(): string | undefined {
    if (this.#text[this.#at] !== '"') {
      TOKEN.lastIndex = this.#at
      return TOKEN.exec(this.#text)?.[0]
    }
    for (let end = this.#at + 1; end < this.#text.length; end += 1) {
      if (this.#text[end] === '\\') end += 1
      else if (this.#text[end] === '"') return this.#text.slice(this.#at, end + 1)
    }
    return undefined
  }

  wrong(expected: string, found: string): Error {
    return raise('LVM_TEXT_INVALID', {
      source: this.#source,
      line: this.#line,
      expected,
      found: found === '' ? 'the end' : JSON.stringify(found.slice(0, 40)),
    })
  }
}
