import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'

/** The value of a variable; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined

export type Interpolated = Readonly<{ text: string; errors: readonly AnnealError[] }>

/** Nested defaults (`${A:-${B:-c}}`) deeper than this are refused. */
const MAX_DEPTH = 16
/** No scalar of a Compose file grows beyond this. */
const MAX_LENGTH = 1 << 20

/**
 * Replaces variables as the Compose Specification says (chapter "Interpolation"): `$NAME`, `${NAME}`,
 * `${NAME:-default}`, `${NAME-default}`, `${NAME:?message}`, `${NAME?message}`, `${NAME:+other}`, `${NAME+other}`,
 * and `$$` for a dollar sign. Compose puts an empty text for a variable that is not set; here that is an error.
 * Errors name variables, never values.
 */
export function interpolate(text: string, lookup: Lookup): Interpolated {
  if (!text.includes('$')) return { text, errors: [] }
  const errors: AnnealError[] = []
  const { out, at } = expand(text, 0, { lookup, errors, depth: 0, inBraces: false })
  if (out.length > MAX_LENGTH) return { text: '', errors: [raise('VALUE_TOO_LONG', { limit: MAX_LENGTH })] }
  if (at < text.length) errors.push(raise('INTERPOLATION_SYNTAX', { column: at + 1 }))
  return { text: out, errors }
}

/** Writes a text so that interpolation gives it back unchanged. */
export function escapeDollars(text: string): string {
  return text.replaceAll('$', '$$$$')
}

type Context = Readonly<{ lookup: Lookup; errors: AnnealError[]; depth: number; inBraces: boolean }>

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y
const OPERATOR = /:[-?+]|[-?+]/y

/** Expands from `start` up to the end, or up to the `}` that ends the braces around. */
function expand(text: string, start: number, context: Context): { out: string; at: number } {
  let out = ''
  let at = start
  while (at < text.length && out.length <= MAX_LENGTH) {
    const char = text[at]
    if (char === '}' && context.inBraces) break
    if (char !== '$') {
      out += char
      at += 1
    } else if (text[at + 1] === '$') {
      out += '$'
      at += 2
    } else if (text[at + 1] === '{') {
      const inner = braces(text, at, context)
      out += inner.out
      at = inner.at
    } else {
      const name = match(NAME, text, at + 1)
      if (name === undefined) {
        context.errors.push(raise('INTERPOLATION_SYNTAX', { column: at + 1 }))
        return { out, at: text.length }
      }
      out += required(name, context)
      at += 1 + name.length
    }
  }
  return { out, at }
}

/** `${…}` starting at `start`. */
function braces(text: string, start: number, context: Context): { out: string; at: number } {
  const broken = (): { out: string; at: number } => {
    context.errors.push(raise('INTERPOLATION_SYNTAX', { column: start + 1 }))
    return { out: '', at: text.length }
  }
  const name = match(NAME, text, start + 2)
  if (name === undefined || context.depth >= MAX_DEPTH) return broken()
  const after = start + 2 + name.length
  if (text[after] === '}') return { out: required(name, context), at: after + 1 }
  const operator = match(OPERATOR, text, after)
  if (operator === undefined) return broken()

  // The word is always read, to find its end; its errors count only where it is used.
  const errors: AnnealError[] = []
  const word = expand(text, after + operator.length, {
    ...context,
    errors,
    depth: context.depth + 1,
    inBraces: true,
  })
  if (text[word.at] !== '}') return broken()
  const at = word.at + 1
  const value = context.lookup(name)
  const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  const use = (): { out: string; at: number } => {
    context.errors.push(...errors)
    return { out: word.out, at }
  }
  if (operator.endsWith('-')) return isSet ? { out: value ?? '', at } : use()
  if (operator.endsWith('+')) return isSet ? use() : { out: '', at }
  if (!isSet) {
    const reason = text.slice(after + operator.length, word.at)
    context.errors.push(raise('VARIABLE_REQUIRED', { name, reason }))
  }
  return { out: value ?? '', at }
}

function required(name: string, context: Context): string {
  const value = context.lookup(name)
  if (value === undefined)
    context.errors.push(raise('VARIABLE_MISSING', { name, instead: `\${${name}:-default}` }))
  return value ?? ''
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at
  return pattern.exec(text)?.[0]
}
