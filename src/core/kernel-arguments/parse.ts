import { raise } from './errors.ts'

/**
 * Kernel command lines, read as the kernel reads them: next_arg() of lib/cmdline.c, parse_args() of kernel/params.c.
 * Arguments are separated by white space outside of double quotes; there is no escape character; `--` ends the kernel's
 * arguments, and what is behind it is init's.
 */
export type KernelArgument = Readonly<{
  /** As written. */
  text: string
  key: string
  /** What is behind the first `=`, without the quotes that the kernel takes off; undefined where there is no `=`. */
  value?: string
}>

export type KernelCommandLine = Readonly<{
  arguments: readonly KernelArgument[]
  /** What is behind ` -- `; '' where there is none. */
  init: string
}>

const SPACE = /[\t\n\v\f\r ]/

export function parseKernelCommandLine(line: string): KernelCommandLine {
  const found: KernelArgument[] = []
  for (let at = skipSpace(line, 0); at < line.length;) {
    const end = endOfArgument(line, at)
    const text = line.slice(at, end)
    if (text === '--') return { arguments: found, init: line.slice(end).trim() }
    found.push(toArgument(text))
    at = skipSpace(line, end)
  }
  return { arguments: found, init: '' }
}

/** One argument. Throws KERNEL_ARGUMENT_MALFORMED where the kernel would see none, or more than one. */
export function parseKernelArgument(text: string): KernelArgument {
  const { arguments: found, init } = parseKernelCommandLine(text)
  const [only] = found
  if (only === undefined || found.length > 1 || init !== '' || /\s--\s*$/.test(text)) {
    throw raise('KERNEL_ARGUMENT_MALFORMED', { text, count: found.length })
  }
  return only
}

/** Writes an argument so that it is read back as it is. Throws KERNEL_ARGUMENT_UNQUOTABLE for a value with a `"`. */
export function kernelArgument(key: string, value?: string): KernelArgument {
  if (key === '' || /[\s"=]/.test(key) || value?.includes('"') === true) {
    throw raise('KERNEL_ARGUMENT_UNQUOTABLE', { key })
  }
  if (value === undefined) return { text: key, key }
  return { text: SPACE.test(value) ? `${key}="${value}"` : `${key}=${value}`, key, value }
}

export function formatKernelCommandLine(line: KernelCommandLine): string {
  const words = line.arguments.map(({ text }) => text)
  return (line.init === '' ? words : [...words, '--', line.init]).join(' ')
}

/** The kernel, and systemd after it, take `-` and `_` in a key for one another. */
export function isSameKey(a: string, b: string): boolean {
  return a.replaceAll('-', '_') === b.replaceAll('-', '_')
}

function skipSpace(line: string, from: number): number {
  let at = from
  while (at < line.length && SPACE.test(line[at] ?? '')) at += 1
  return at
}

function endOfArgument(line: string, from: number): number {
  let quoted = false
  let at = from
  for (; at < line.length; at += 1) {
    const char = line[at] ?? ''
    if (char === '"') quoted = !quoted
    else if (!quoted && SPACE.test(char)) break
  }
  return at
}

function toArgument(text: string): KernelArgument {
  const whole = text.startsWith('"')
  const inner = whole ? text.slice(1) : text
  // The kernel keeps the place of the `=` in a number that is 0 for none: one in front of everything is no `=`.
  const equals = inner.indexOf('=', 1)
  if (equals === -1) return { text, key: whole ? withoutLastQuote(inner) : inner }
  const value = inner.slice(equals + 1)
  return {
    text,
    key: inner.slice(0, equals),
    value: value.startsWith('"') ? withoutLastQuote(value.slice(1)) : whole ? withoutLastQuote(value) : value,
  }
}

function withoutLastQuote(text: string): string {
  return text.endsWith('"') ? text.slice(0, -1) : text
}
