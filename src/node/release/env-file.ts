import { raise } from './errors.ts'
import { interpolate } from './interpolate.ts'
import type { Lookup } from './interpolate.ts'

/** `raw`: as `docker run --env-file` and the first Compose read it: no quotes, no variables. */
export type EnvFileFormat = 'compose' | 'raw'

const KEY = /^(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(=?)/
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' }

/**
 * Reads `NAME=value` lines by Compose's rules: `#` comments, `export`, single quotes (taken literally, may span lines),
 * double quotes (escapes and variables, may span lines), variables from `lookup` and from earlier lines.
 * A name without `=` takes its value from `lookup` and is left out where that has none.
 * Throws ENV_FILE_SYNTAX with the line, VARIABLE_MISSING with the name. No value is ever part of an error.
 */
export function parseEnvFile(
  text: string,
  options: Readonly<{ file: string; format?: EnvFileFormat; lookup: Lookup }>,
): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const lookup: Lookup = (name) => options.lookup(name) ?? values.get(name)
  const lines = text.replace(/^\u{feff}/u, '').split(/\r?\n/)
  for (let index = 0; index < lines.length; index += 1) {
    const line = (lines[index] ?? '').trimStart()
    if (line.trim() === '' || line.startsWith('#')) continue
    const broken = (): Error => raise('ENV_FILE_SYNTAX', { file: options.file, line: start })
    const start = index + 1
    const key = KEY.exec(line)
    const name = key?.[1]
    if (key === null || name === undefined) throw broken()
    const rest = line.slice(key[0].length)
    if (key[2] === '') {
      if (rest.trim() !== '') throw broken()
      const inherited = options.lookup(name)
      if (inherited !== undefined) values.set(name, inherited)
      continue
    }
    if (options.format === 'raw') {
      values.set(name, rest)
      continue
    }
    const quote = /^[ \t]*(["'])/.exec(rest)?.[1]
    if (quote === undefined) {
      values.set(name, variables(rest.replace(/(^|[ \t])#.*$/, '').trim(), lookup))
      continue
    }
    let body = rest.trimStart().slice(1)
    let end = closing(body, quote)
    while (end === -1) {
      index += 1
      if (index >= lines.length) throw broken()
      body += `\n${lines[index] ?? ''}`
      end = closing(body, quote)
    }
    if (!/^[ \t]*(#.*)?$/.test(body.slice(end + 1))) throw broken()
    const inner = body.slice(0, end)
    values.set(name, quote === "'" ? inner : variables(unescape(inner), lookup))
  }
  return values
}

/** Index of the closing quote, -1 where the text goes on. Only double quotes know an escape. */
function closing(text: string, quote: string): number {
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] === '\\' && quote === '"') at += 1
    else if (text[at] === quote) return at
  }
  return -1
}

/** `\$` becomes `$$`, so that it survives the variables. */
function unescape(text: string): string {
  return text.replace(/\\(.)/gs, (whole, char: string) => (char === '$' ? '$$' : (ESCAPES[char] ?? whole)))
}

function variables(text: string, lookup: Lookup): string {
  const { text: value, errors } = interpolate(text, lookup)
  if (errors[0] !== undefined) throw errors[0]
  return value
}
