import type { Scalar } from 'yaml'
import type { Path } from '../../node/release/index.ts'

/** Maps whose values are texts: a number there is printed, and must print as it is written. */
const TEXT_MAPS = new Set([
  'environment',
  'labels',
  'sysctls',
  'options',
  'args',
  'driver_opts',
  'annotations',
])

const QUOTE = 'put it into quotes'

/** Texts by YAML 1.2; a date, and numbers, by YAML 1.1 and by Docker Compose, which prints them in another way. */
const DATE = /^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{1,2}:[0-9]{1,2}.*)?$/
const NUMBER_OF_YAML_1_1 =
  /^[-+]?(0b[01_]+|0o?[0-7]*_[0-7_]*|0x[0-9a-fA-F]*_[0-9a-fA-F_]*|[0-9]+_[0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|[0-9]*\.[0-9]+_[0-9_]*)$/

const BASE_60 = /^[-+]?[1-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$/

/** Without quotes, other readers take this text for a date or a number. */
export function needsQuotes(text: string): boolean {
  return BASE_60.test(text) || DATE.test(text) || NUMBER_OF_YAML_1_1.test(text)
}

/**
 * Why a plain scalar means different things to different readers, and what to write; undefined where it is clear.
 * YAML 1.1 (the first Compose, Python) reads 22:22 as base 60 and 010 as octal; YAML 1.2 reads a text and ten.
 * Docker Compose reads 2024-01-01 as a time and 2024_10_01 as 20241001 (findings/compose-rewrites-dates.sh).
 */
export function ambiguity(node: Scalar, path: Path): Readonly<{ what: string; instead: string }> | undefined {
  const source = node.source ?? ''
  if (node.type !== 'PLAIN') return undefined
  if (BASE_60.test(source)) {
    return { what: 'some YAML readers take digits with colons for a number to base 60', instead: QUOTE }
  }
  if (DATE.test(source)) {
    return { what: 'some YAML readers take it for a date, and print it in another way', instead: QUOTE }
  }
  if (NUMBER_OF_YAML_1_1.test(source)) {
    return { what: 'some YAML readers take it for a number, and drop what does not count', instead: QUOTE }
  }
  if (typeof node.value !== 'number') return undefined
  if (path.at(-1) === 'mode' && node.value !== 0) {
    return {
      what: 'a file mode without a leading zero is decimal to some readers',
      instead: 'write it like 0755',
    }
  }
  if (/^[-+]?0[0-9]+$/.test(source)) {
    return {
      what: 'a number with a leading zero is octal to some YAML readers and decimal to others',
      instead: QUOTE,
    }
  }
  if (Number.isInteger(node.value) && !Number.isSafeInteger(node.value)) {
    return { what: 'the number has more digits than readers keep', instead: QUOTE }
  }
  if (TEXT_MAPS.has(String(path.at(-2))) && String(node.value) !== source) {
    return { what: 'the number would be printed in another way than it is written', instead: QUOTE }
  }
  return undefined
}
