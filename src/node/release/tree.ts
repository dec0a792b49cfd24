/** A parsed document: plain JSON values. */
export type Tree = null | boolean | number | string | readonly Tree[] | TreeMap
export type TreeMap = { readonly [key: string]: Tree }

export function isMap(value: unknown): value is TreeMap {
  return value !== null && typeof value === 'object' && !Array.isArray(value)
}

export function isList(value: unknown): value is readonly Tree[] {
  return Array.isArray(value)
}

/** The map, or an empty one where there is none. */
export function mapOf(value: Tree | undefined): TreeMap {
  return isMap(value) ? value : {}
}

/** The list, or an empty one where there is none. */
export function listOf(value: Tree | undefined): readonly Tree[] {
  return isList(value) ? value : []
}

/** A string or number as text; undefined for anything else. */
export function textOf(value: Tree | undefined): string | undefined {
  if (typeof value === 'string') return value
  if (typeof value === 'number') return String(value)
  return undefined
}

/** Compose's "a string or a list of strings". */
export function textsOf(value: Tree | undefined): readonly string[] {
  const items = isList(value) ? value : value === undefined || value === null ? [] : [value]
  return items.flatMap((item) => textOf(item) ?? [])
}

/** Records with keys in code unit order, so that printing them is stable. */
export function sortedRecord<T>(entries: Iterable<readonly [string, T]>): Record<string, T> {
  return Object.fromEntries([...entries].toSorted(([a], [b]) => compareText(a, b)))
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Each item once, in code unit order. */
export function sortedSet(items: readonly string[]): readonly string[] {
  return [...new Set(items)].toSorted(compareText)
}

/** A value as it is quoted in a message. */
export function shown(value: Tree | undefined): string {
  if (value === undefined || value === null) return ''
  return isMap(value) ? 'a map' : isList(value) ? 'a list' : String(value)
}
