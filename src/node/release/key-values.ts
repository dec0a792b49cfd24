import { raise } from './errors.ts'
import type { Path } from './problem.ts'
import type { Reading } from './reader.ts'
import type { Tree } from './tree.ts'
import { isList, isMap, sortedRecord } from './tree.ts'

/**
 * Compose's "list or map" (`environment`, `labels`, `sysctls`): `NAME: value` or `- NAME=value`.
 * A name without a value gives null. Later entries of a list win, as in Compose.
 */
export function keyValues(
  value: Tree | undefined,
  path: Path,
  reading: Reading,
): Readonly<Record<string, string | null>> {
  const entries = new Map<string, string | null>()
  if (isMap(value)) {
    for (const [key, item] of Object.entries(value)) {
      entries.set(key, item === null ? null : typeof item === 'object' ? '' : String(item))
    }
  } else if (isList(value)) {
    value.forEach((item, index) => {
      const text = typeof item === 'string' ? item : ''
      const equals = text.indexOf('=')
      const key = equals === -1 ? text : text.slice(0, equals)
      if (key === '') {
        const data = { key: 'item', expected: 'NAME=value', example: 'the name before the equals sign' }
        reading.problems.add([...path, index], raise('VALUE_INVALID', data))
      } else entries.set(key, equals === -1 ? null : text.slice(equals + 1))
    })
  }
  return sortedRecord(entries)
}

/** The same where a name without a value means the empty text. */
export function texts(
  value: Tree | undefined,
  path: Path,
  reading: Reading,
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(keyValues(value, path, reading)).map(([key, text]) => [key, text ?? '']),
  )
}
