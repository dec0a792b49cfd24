import type { Finding } from '../finding.ts'
import { kernelArgumentFinding as finding } from './findings.ts'
import { changedByIpxe } from './ipxe.ts'
import { parseKernelCommandLine } from './parse.ts'

/**
 * Whose grammar of kernel arguments counts. Both came with the fix of CVE-2026-46447:
 * - `upTo29`: of the stable branches (ironic/common/kernel_parameter_parser/grammar.g). What is behind the last ` -- ` is
 *   init’s, and is not looked at.
 * - `from35`: of Ironic itself (KERNEL_PARAMETER_GRAMMAR in ironic/common/kernel_parameters.py). What is behind `--` is
 *   either init’s, and then has no quotes, or more arguments.
 */
export type IronicRules = 'upTo29' | 'from35'

/**
 * Whether Ironic hands on this command line. `refuse` findings are exactly what the parser of kernel_append_params
 * refuses behind `root=/dev/ram0 text`, which Ironic puts in front of `ramdisk_kernel_arguments`. Ironic parses that
 * field from release 39 on when it boots by virtual media. The same rules apply here in all other cases. `warn` is what
 * arrives as something else than was meant. Without `rules`, what either of them refuses is refused.
 */
export function lintForIronic(line: string, rules?: IronicRules): readonly Finding[] {
  return [...lintFor(line, rules), ...aboutIpxe(line)]
}

function aboutIpxe(line: string): readonly Finding[] {
  const why = changedByIpxe(line)
  return why === undefined ? [] : [finding('KARG_IPXE_CHANGED', 'command line', why)]
}

function lintFor(line: string, rules: IronicRules | undefined): readonly Finding[] {
  if (rules === 'upTo29') return lintUpTo29(line)
  if (rules === 'from35') return lintFrom35(line)
  const known = lintUpTo29(line)
  const isNew = ({ code, subject }: Finding): boolean =>
    known.every((one) => one.code !== code || one.subject !== subject)
  return [...known, ...lintFrom35(line).filter(isNew)]
}

/** `key: /[A-Za-z0-9_\-\.]+/` */
const KEY = /^[A-Za-z0-9_.-]+$/
/** `bare_value`: every printable ASCII character but space and `"`. */
const BARE_VALUE = /^[!#-~]+$/
/** `quoted_value`, with the quotes. */
const QUOTED_VALUE = /^"[!#-~ ]+"$/

function lintUpTo29(line: string): readonly Finding[] {
  const trimmed = line.trim()
  const end = trimmed.lastIndexOf(' -- ')
  const ours = end === -1 ? trimmed : trimmed.slice(0, end)
  const isTooFar = end !== -1 && ours.endsWith(' ')
  return [
    ...separators(ours),
    ...(isTooFar ? [finding('KARG_SEPARATOR_REFUSED', 'command line', 'two spaces before “--”')] : []),
    ...allWordsOf(ours).flatMap((word) => [...refusals(word), ...warnings(word)]),
  ]
}

function lintFrom35(line: string): readonly Finding[] {
  const { arguments: found, init } = parseKernelCommandLine(line)
  const words = found.map(({ text }) => text).flatMap((word) => [...refusals(word), ...warnings(word)])
  if (init === '') return [...separators(line.trimEnd()), ...words]
  const before = line.slice(0, line.lastIndexOf(init))
  return [...separators(before), ...words, ...aboutInit(init)]
}

/** What is behind `--`: init’s, or more arguments and perhaps another `--`. */
function aboutInit(init: string): readonly Finding[] {
  const subject = `-- ${init}`
  const bad = /[^!#-~ ]/u.exec(init)?.[0]
  if (bad !== undefined && lintFrom35(init).some(({ severity }) => severity === 'refuse')) {
    return [finding('KARG_INIT_REFUSED', subject, `${told(bad)} behind “--”`)]
  }
  if (bad !== undefined) return [finding('KARG_INIT_MOVED', subject, `${told(bad)} behind “--”`)]
  return / -- /.test(` ${init} `) ? [finding('KARG_INIT_MOVED', subject, 'another “--” behind “--”')] : []
}

function separators(line: string): readonly Finding[] {
  const found = /[\t\n\v\f\r]/.exec(line)
  if (found === null) return []
  const code = found[0].charCodeAt(0)
  return [finding('KARG_SEPARATOR_REFUSED', 'command line', `character ${code} at ${found.index}`)]
}

/** As the kernel separates them: a quoted value is one word with its key. */
function allWordsOf(line: string): readonly string[] {
  const { arguments: found, init } = parseKernelCommandLine(line)
  const words = found.map(({ text }) => text)
  // A bare `--` with nothing cut off behind it is a key to Ironic.
  return init === '' ? words : [...words, ...allWordsOf(init)]
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
  if (bad !== undefined) return [finding('KARG_VALUE_REFUSED', word, `${told(bad)} in its value`)]
  return [finding('KARG_QUOTES_REFUSED', word, 'a quote inside of its value')]
}

function warnings(word: string): readonly Finding[] {
  const value = word.slice(word.indexOf('=') + 1)
  const isVariable = word.includes('=') && value.includes('$')
  return isVariable ? [finding('KARG_VARIABLE', word, '“$” in its value')] : []
}

function told(char: string): string {
  if (char === '"') return 'a quote'
  return `character U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
