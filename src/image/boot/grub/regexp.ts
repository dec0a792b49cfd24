import { parseGrubNumber } from './number.ts'
import { parseOptions } from './options.ts'

/** Text and patterns beyond these take too long, or say something else here than in the C library: they are not run. */
const MOST_TEXT = 256
const MOST_REPEATS = 3

const CLASSES: Readonly<Record<string, string>> = {
  alpha: 'A-Za-z',
  digit: '0-9',
  alnum: 'A-Za-z0-9',
  upper: 'A-Z',
  lower: 'a-z',
  space: '\\s',
  blank: ' \\t',
  punct: '!-\\/:-@\\[-`{-~',
  xdigit: '0-9A-Fa-f',
  print: ' -~',
  graph: '!-~',
  cntrl: '\\x00-\\x1f\\x7f',
}

type Matched = readonly (readonly [name: string, value: string | undefined])[]

/**
 * `regexp [--set [N:]NAME] REGEXP STRING` (grub-core/commands/regexp.c): the variables that it sets, undefined for those it
 * unsets. undefined where it does not match. `unclear` where it is not run.
 */
export function matchRegexp(words: readonly string[]): Matched | undefined | 'unclear' | 'refused' {
  const options = parseOptions([{ long: 'set', short: 's', argument: 'needed' }], words)
  const [pattern, text] = options?.operands ?? []
  if (options === undefined || pattern === undefined || text === undefined || options.operands.length !== 2)
    return 'refused'
  const names = options.given.get('set') ?? []
  const expression = translate(pattern)
  if (expression === undefined || text.length > MOST_TEXT) return 'unclear'
  const found = expression.exec(text)
  if (found === null) return undefined
  // With a choice, POSIX takes the longest, and JavaScript the first: only what is never set is sure then.
  if (pattern.includes('|') && names.some((name) => numberOf(name) < found.length)) return 'unclear'
  return names.flatMap((name) => {
    const at = name.indexOf(':')
    if (at === -1) return [[name, found[1]] as const]
    const number = parseGrubNumber(name.slice(0, at))
    return number?.rest === '' ? [[name.slice(at + 1), found[Number(number.value)]] as const] : []
  })
}

function numberOf(name: string): number {
  return name.includes(':') ? Number(parseGrubNumber(name)?.value ?? 0) : 1
}

/** A POSIX extended regular expression in JavaScript's words. undefined for what may mean something else, or take long. */
function translate(pattern: string): RegExp | undefined {
  let text = ''
  let repeats = 0
  for (let at = 0; at < pattern.length; at += 1) {
    const char = pattern[at] ?? ''
    if (char === '[') {
      const bracket = bracketAt(pattern, at)
      if (bracket === undefined) return undefined
      text += bracket.text
      at = bracket.end
    } else if (char === '\\') {
      at += 1
      const next = pattern[at]
      // GNU's own escapes (\w, \<, back references) are left alone.
      if (next === undefined || /[A-Za-z0-9<>`'']/.test(next)) return undefined
      text += `\\${next}`
    } else if (/[*+?{]/.test(char)) {
      repeats += 1
      // What repeats a group, or repeats what repeats, can take for ever.
      if (char === '{' || repeats > MOST_REPEATS || /(^|[(|)*+?])$/.test(text)) return undefined
      text += char
    } else text += /[/}\]]/.test(char) ? `\\${char}` : char
  }
  try {
    return new RegExp(text, 's')
  } catch {
    return undefined
  }
}

function bracketAt(pattern: string, at: number): Readonly<{ text: string; end: number }> | undefined {
  const [whole, negated, first, rest] =
    /^\[(\^?)(\]?)((?:\[:[a-z]+:\]|[^\][]|\[(?![:.=]))*)\]/.exec(pattern.slice(at)) ?? []
  if (whole === undefined || rest === undefined) return undefined
  let isKnown = true
  const inside = rest
    .replaceAll('\\', '\\\\')
    .replaceAll(/\[:([a-z]+):\]/g, (_, name: string) => {
      isKnown &&= CLASSES[name] !== undefined
      return CLASSES[name] ?? ''
    })
    .replaceAll(/\[(?!-`)/g, '\\[')
  if (!isKnown) return undefined
  return { text: `[${negated}${first === ']' ? '\\]' : ''}${inside}]`, end: at + whole.length - 1 }
}
