import type { AnnealError } from '../../core/index.ts'
import { raise } from './errors.ts'
import type { Path, Problem, Problems } from './problem.ts'
import type { Tree, TreeMap } from './tree.ts'
import { isMap, mapOf } from './tree.ts'

/** What reading one file needs: where its relative paths start, and where its problems go. */
export type Reading = Readonly<{
  /** Absolute directory of the Compose file. */
  directory: string
  problems: Problems
  /** Things that are said but stop nothing. */
  notices: Notice[]
}>

export type Notice = Readonly<{ path: Path; key: string; why: string }>

/** A map being read, with its place in the file: `get` one key after another. */
export type MapReader = Readonly<{
  path: Path
  map: TreeMap
  reading: Reading
  at(key: string): Path
  get(key: string): Tree | undefined
  /** `null` counts as absent, as in Compose. */
  has(key: string): boolean
  /** The map under the key, empty where absent. */
  inner(key: string): MapReader
  /**
   * What `parse` makes of the key's value, undefined where the key is absent. Where `parse` gives undefined for a value,
   * a VALUE_INVALID is noted.
   */
  parsed<T>(key: string, parse: (value: Tree) => T | undefined, expected: Expected): T | undefined
  problem(key: string, error: AnnealError, at?: Problem['at']): void
}>

/** `a duration`, `30s or 1m30s`. */
export type Expected = readonly [what: string, example: string]

export function mapReader(value: Tree | undefined, path: Path, reading: Reading): MapReader {
  const map = mapOf(value)
  const get = (key: string): Tree | undefined => (Object.hasOwn(map, key) ? map[key] : undefined)
  const has = (key: string): boolean => get(key) !== undefined && get(key) !== null
  const at = (key: string): Path => [...path, key]
  return {
    path,
    map,
    reading,
    at,
    get,
    has,
    inner: (key) => mapReader(get(key), at(key), reading),
    parsed(key, parse, [expected, example]) {
      const found = get(key)
      if (found === undefined || found === null) return undefined
      const result = parse(found)
      if (result === undefined)
        reading.problems.add(at(key), raise('VALUE_INVALID', { key, expected, example }))
      return result
    },
    problem: (key, error, where) => reading.problems.add(at(key), error, where),
  }
}

/** The maps of a list's items, each with its place. Items that are no maps are left to the caller. */
export function itemReader(item: Tree, path: Path, reading: Reading): MapReader | undefined {
  return isMap(item) ? mapReader(item, path, reading) : undefined
}
