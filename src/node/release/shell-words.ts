import { raise } from './errors.ts'

/** Longest command line that is read. */
const MAX_LENGTH = 1 << 16

/** What a shell would read as more than a letter, outside of quotes. */
const AMBIGUOUS = /[;&|<>()`]|\$\(/y

/**
 * Splits a command into words as a POSIX shell's quoting rules say (XCU 2.2), without any expansion: what Compose does
 * with a `command` or `entrypoint` that is one text. Throws COMMAND_SYNTAX, and COMMAND_AMBIGUOUS for what the versions
 * of Compose read otherwise; the command itself is never quoted in it.
 */
export function shellWords(text: string): readonly string[] {
  if (text.length > MAX_LENGTH)
    throw raise('COMMAND_SYNTAX', { what: `longer than ${MAX_LENGTH} characters` })
  const words: string[] = []
  let word: string | undefined
  let at = 0
  while (at < text.length) {
    const char = text[at] ?? ''
    if (/\s/.test(char)) {
      if (word !== undefined) words.push(word)
      word = undefined
      at += 1
    } else if (char === '\\') {
      if (at + 1 >= text.length) throw raise('COMMAND_SYNTAX', { what: 'a backslash at its end' })
      // A shell joins the lines, Compose keeps the line break.
      if (text[at + 1] === '\n') throw ambiguous('a backslash before a line break')
      word = (word ?? '') + (text[at + 1] ?? '')
      at += 2
    } else if (char === "'") {
      const end = text.indexOf("'", at + 1)
      if (end === -1) throw raise('COMMAND_SYNTAX', { what: 'a single quote that is not closed' })
      word = (word ?? '') + text.slice(at + 1, end)
      at = end + 1
    } else if (char === '"') {
      const inner = doubleQuoted(text, at + 1)
      word = (word ?? '') + inner.text
      at = inner.at
    } else {
      AMBIGUOUS.lastIndex = at
      const operator = AMBIGUOUS.exec(text)?.[0]
      if (operator !== undefined) throw ambiguous(`"${operator}" outside of quotes`)
      word = (word ?? '') + char
      at += 1
    }
  }
  if (word !== undefined) words.push(word)
  return words
}

function doubleQuoted(text: string, start: number): { text: string; at: number } {
  let out = ''
  for (let at = start; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (char === '"') return { text: out, at: at + 1 }
    if (char !== '\\') {
      out += char
      continue
    }
    // Before other letters Compose v2 drops the backslash, and a shell keeps it.
    if (!/["\\$`]/.test(text[at + 1] ?? '"'))
      throw ambiguous('a backslash in double quotes that escapes nothing')
    out += text[at + 1] ?? ''
    at += 1
  }
  throw raise('COMMAND_SYNTAX', { what: 'a double quote that is not closed' })
}

function ambiguous(what: string): Error {
  return raise('COMMAND_AMBIGUOUS', { what })
}
