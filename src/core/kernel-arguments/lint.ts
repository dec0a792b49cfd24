import type { Finding } from '../finding.ts'
import { kernelArgumentFinding as finding } from './findings.ts'
import { parseKernelCommandLine } from './parse.ts'

/**
 * Whether Ironic hands on this command line. `refuse` findings are exactly what the parser of kernel_append_params
 * refuses (ironic/common/kernel_parameter_parser/grammar.g, since the fix of CVE-2026-46447), so that
 * `ramdisk_kernel_arguments`, which Ironic does not parse, can be held to the same; `warn` is what arrives as something
 * else than was meant. What is behind the last ` -- ` is init's, and Ironic does not look at it.
 */
export function lintForIronic(line: string): readonly Finding[] {
  const trimmed = line.trim()
  const end = trimmed.lastIndexOf(' -- ')
  const ours = end === -1 ? trimmed : trimmed.slice(0, end)
  return [...separators(ours), ...wordsOf(ours).flatMap((word) => [...refusals(word), ...warnings(word)])]
}

/** `key: /[A-Za-z0-9_\-\.]+/` */
const KEY = /^[A-Za-z0-9_.-]+$/
/** `bare_value`: every printable ASCII character but space and `"`. */
const BARE_VALUE = /^[!#-~]+$/
/** `quoted_value`, with the quotes. */
const QUOTED_VALUE = /^"[!#-~ ]+"$/

function separators(line: string): readonly Finding[] {
  const found = /[\t\n\v\f\r]/.exec(line)
  if (found === null) return []
  const code = found[0].charCodeAt(0)
  return [finding('KARG_SEPARATOR_REFUSED', 'command line', `character ${code} at ${found.index}`)]
}

/** As the kernel separates them: a quoted value is one word with its key. */
function wordsOf(line: string): readonly string[] {
  const { arguments: found, init } = parseKernelCommandLine(line)
  const words = found.map(({ text }) => text)
  // A bare `--` with nothing cut off behind it is a key to Ironic.
  return init === '' ? words : [...words, ...wordsOf(init)]
}

function refusals(word: string): readonly Finding[] {
  const equals = word.indexOf('=')
  const key = equals === -1 ? word : word.slice(0, equals)
  const value = equals === -1 ? undefined : word.slice(equals + 1)
  if (word.startsWith('"'))
    return [finding('KARG_QUOTES_REFUSED', word, 'the quotes stand around the key, too')]
  if (!KEY.test(key)) {
    const bad = /[^A-Za-z0-9_.-]/u.exec(key)?.[0]
    return [finding('KARG_KEY_REFUSED', word, bad === undefined ? 'the key is empty' : `“${bad}” in its key`)]
  }
  if (value === undefined || BARE_VALUE.test(value) || QUOTED_VALUE.test(value)) return []
  if (value === '' || value === '""') return [finding('KARG_VALUE_EMPTY', word, 'its value is empty')]
  const bad = /[^ -~]/u.exec(value)?.[0]
  if (bad !== undefined) {
    return [finding('KARG_VALUE_REFUSED', word, `character U+${hex(bad)} in its value`)]
  }
  return [finding('KARG_QUOTES_REFUSED', word, 'a quote inside of its value')]
}

function warnings(word: string): readonly Finding[] {
  const value = word.slice(word.indexOf('=') + 1)
  return [
    ...(word.includes('=') && value.includes('$')
      ? [finding('KARG_VARIABLE', word, '“$” in its value')]
      : []),
    ...(/["'\\]/.test(value) ? [finding('KARG_IPXE_QUOTES', word, 'a quote or a backslash')] : []),
  ]
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
}
