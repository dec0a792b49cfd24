import type { ArgumentSource } from '../contract.ts'
import type { Part, Word } from './lexer.ts'
import type { Variables } from './environment.ts'

/** A word after expansion, and what it came from. */
export type Expanded = Readonly<{ text: string; source: ArgumentSource }>

/** Of a function or menu entry: what `$1`, `$#`, `$@` and `$*` stand for. Outside of both there are none. */
export type Parameters = readonly string[] | undefined

/** What is known to whoever expands words. */
export type Surroundings = Readonly<{
  variables: Variables
  parameters: Parameters
  /** Fedora's GRUB keeps `\xHH` as it stands, for systemd's escaped names. */
  keepsHexEscapes: boolean
  /** Paths that a word with `*` or `?` stands for; undefined where it stands for itself. */
  matches: (pattern: string) => Promise<readonly string[] | undefined>
}>

type Built = { text: string | undefined; sources: (ArgumentSource | undefined)[] }

/** The words of a command, expanded (grub_script_arglist_to_argv in grub-core/script/execute.c). */
export async function expandWords(
  words: readonly Word[],
  here: (line: number) => ArgumentSource,
  around: Surroundings,
): Promise<readonly Expanded[]> {
  const expanded: Expanded[] = []
  for (const word of words) {
    for (const { text, sources } of build(word, around)) {
      if (text === undefined) continue
      const [only] = sources
      const source = sources.length === 1 && only !== undefined ? only : here(word.line)
      const paths = /^[/(*]/.test(text) && isPattern(text) ? await around.matches(text) : undefined
      const texts = paths ?? [unescape(text, around.keepsHexEscapes)]
      expanded.push(...texts.map((one) => ({ text: one, source })))
    }
  }
  return expanded
}

/** A variable outside of quotes may be several words, or none; what stands beside it belongs to the first and the last. */
function build(word: Word, around: Surroundings): readonly Built[] {
  const built: Built[] = [{ text: undefined, sources: [] }]
  const append = (text: string, source: ArgumentSource | undefined): void => {
    const last = built.at(-1)
    if (last === undefined) return
    last.text = (last.text ?? '') + text
    if (text !== '') last.sources.push(source)
  }
  const begin = (): void => {
    if (built.at(-1)?.text !== undefined) built.push({ text: undefined, sources: [] })
  }
  for (const part of word.parts) {
    if (part.kind === 'variable' || part.kind === 'quotedVariable') {
      const isQuoted = part.kind === 'quotedVariable'
      const source = around.variables.get(part.text)?.source
      for (const [index, value] of valuesOf(part, around).entries()) {
        if (index > 0) begin()
        append(
          isQuoted ? escape(value, around.keepsHexEscapes) : value.replaceAll(/\\([?*]?)/g, escapeOpen),
          source?.kind === 'made' ? undefined : source,
        )
      }
    } else if (part.kind === 'text') append(part.text, undefined)
    else if (part.kind === 'quoted') append(escape(part.text, around.keepsHexEscapes), undefined)
    else append(escape(translated(part.text, around), around.keepsHexEscapes), undefined)
  }
  return built
}

function escapeOpen(_: string, next: string): string {
  return next === '' ? '\\\\' : `\\\\\\${next}`
}

/** What a variable is, as words (grub_script_env_get). */
function valuesOf({ kind, text: name }: Part, { variables, parameters }: Surroundings): readonly string[] {
  const isQuoted = kind === 'quotedVariable'
  const split = (values: readonly string[]): readonly string[] =>
    isQuoted ? values : values.flatMap((value) => value.split(/[ \t\r\n]+/).filter((one) => one !== ''))
  if (!/^(?:[0-9]+|[#*@])$/.test(name)) {
    const value = variables.get(name)?.value ?? ''
    return value === '' ? [] : split([value])
  }
  if (parameters === undefined) return []
  if (name === '#') return [String(parameters.length)]
  if (name === '@') return split(parameters)
  if (name === '*')
    return isQuoted ? (parameters.length === 0 ? [] : [parameters.join(' ')]) : split(parameters)
  const number = Number(name)
  const value = number === 0 ? undefined : parameters[number - 1]
  return value === undefined ? [] : split([value])
}

/** `$"…"`: its variables are put in; nothing is translated, as for the C locale (gettext_append). */
function translated(text: string, { variables, parameters }: Surroundings): string {
  return text.replaceAll(
    /\\(\$|\\)|\$(?:\{([^}]*)\}|([0-9]+|[A-Za-z_][A-Za-z0-9_]*|[?#]))/g,
    (_, escaped: string | undefined, braced: string | undefined, bare: string | undefined) => {
      if (escaped !== undefined) return escaped
      const name = braced ?? bare ?? ''
      return name === '#' ? String(parameters?.length ?? 0) : (variables.get(name)?.value ?? '')
    },
  )
}

const HEX = /^\\x[0-9a-fA-F]{2}/

function escape(text: string, keepsHex: boolean): string {
  let escaped = ''
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? ''
    if (keepsHex && HEX.test(text.slice(at, at + 4))) {
      escaped += text.slice(at, at + 4)
      at += 3
    } else escaped += /[*\\?]/.test(char) ? `\\${char}` : char
  }
  return escaped
}

export function unescape(text: string, keepsHex: boolean): string {
  let plain = ''
  for (let at = 0; at < text.length; at += 1) {
    if (text[at] !== '\\') plain += text[at] ?? ''
    else if (keepsHex && HEX.test(text.slice(at, at + 4))) {
      plain += text.slice(at, at + 4)
      at += 3
    } else {
      at += 1
      plain += text[at] ?? ''
    }
  }
  return plain
}

/** Has a `*` or `?` that no backslash is in front of. */
function isPattern(text: string): boolean {
  return /^(?:[^\\*?]|\\[^])*[*?]/.test(text)
}
