import { parseDurationMs } from '../../core/index.ts'
import type { Tree } from './tree.ts'
import { textOf } from './tree.ts'

/** The spellings of Compose for numbers, truths, sizes, durations and signals. Each gives undefined for anything else. */

const TRUE = new Set(['true', 'yes', 'y', 'on', '1'])
const FALSE = new Set(['false', 'no', 'n', 'off', '0'])

/** A boolean, or the text that interpolation leaves of one. */
export function parseBoolean(value: Tree | undefined): boolean | undefined {
  if (typeof value === 'boolean') return value
  if (typeof value !== 'string') return undefined
  const text = value.toLowerCase()
  return TRUE.has(text) ? true : FALSE.has(text) ? false : undefined
}

export function parseNumber(value: Tree | undefined): number | undefined {
  const text = textOf(value)
  return text !== undefined && /^-?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : undefined
}

export function parseInteger(value: Tree | undefined): number | undefined {
  const number = parseNumber(value)
  return number !== undefined && Number.isSafeInteger(number) ? number : undefined
}

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 }

/** `64m`, `2gb`, `512kib` or a number of bytes; units are powers of 1024, as in Compose. */
export function parseBytes(value: Tree | undefined): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(?:b|([kmgt])(?:i?b)?)?$/i.exec(textOf(value)?.trim() ?? '')
  if (match === null) return undefined
  const bytes = Math.floor(Number(match[1]) * (SIZE_UNITS[(match[2] ?? '').toLowerCase()] ?? 1))
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** `1m30s`, `500ms`: milliseconds. A bare number is refused as Compose refuses it: nobody can tell its unit. */
export function parseDuration(value: Tree | undefined): number | undefined {
  return typeof value === 'string' ? parseDurationMs(value.trim()) : undefined
}

/** A file mode in octal digits; the reader of the file gives modes as text (see `mode` in adapters/compose/yaml-tree.ts). */
export function parseMode(value: Tree | undefined): number | undefined {
  const match = /^(?:0o?)?([0-7]{1,4})$/.exec(textOf(value) ?? '')
  return match?.[1] === undefined ? undefined : Number.parseInt(match[1], 8)
}

/** signal(7), the numbers of x86 and ARM. */
const SIGNALS: Readonly<Record<number, string>> = {
  1: 'SIGHUP',
  2: 'SIGINT',
  3: 'SIGQUIT',
  6: 'SIGABRT',
  9: 'SIGKILL',
  10: 'SIGUSR1',
  12: 'SIGUSR2',
  14: 'SIGALRM',
  15: 'SIGTERM',
  17: 'SIGCHLD',
  18: 'SIGCONT',
  19: 'SIGSTOP',
  20: 'SIGTSTP',
  28: 'SIGWINCH',
}
const SIGNAL_NAMES = new Set(Object.values(SIGNALS))

/** `TERM`, `sigterm`, `15` → `SIGTERM`. */
export function parseSignal(value: Tree | undefined): string | undefined {
  const text = textOf(value)?.toUpperCase()
  if (text === undefined) return undefined
  if (/^\d+$/.test(text)) return SIGNALS[Number(text)]
  const name = text.startsWith('SIG') ? text : `SIG${text}`
  return SIGNAL_NAMES.has(name) || /^SIGRT(MIN(\+\d{1,2})?|MAX(-\d{1,2})?)$/.test(name) ? name : undefined
}
