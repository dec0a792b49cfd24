import { isAlias, isMap, isScalar, isSeq } from 'yaml'
import type { Alias, Node, Pair, Scalar, YAMLMap } from 'yaml'
import type { AnnealError } from '../../core/index.ts'
import type { Path, Tree } from '../../node/release/index.ts'
import { raise } from './errors.ts'
import { ambiguity } from './yaml-numbers.ts'
import type { Place, Range, YamlProblem, YamlTree } from './yaml-tree.ts'

/** Bounds on what a hostile file can make of this process; a node's services need a hundredth of each. */
const MAX_NODES = 50_000
export const MAX_DEPTH = 64

/** The tags of YAML's core schema; others would bring values that are no JSON. */
const TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
)

/** The key of a path in the table of places. */
export function keyOf(path: Path): string {
  return JSON.stringify(path)
}

type Walk = (node: Node | null, path: Path, key: Range | undefined) => Tree

/** Gives the function that turns nodes into plain values, filling the table of places and the list of problems. */
export function walker(
  places: Map<string, Place>,
  problems: YamlProblem[],
  position: YamlTree['position'],
): Walk {
  const anchors = new Map<string, Node>()
  const open = new Set<Node>()
  let nodes = 0
  let tooLarge = false
  /** Anchors inside an expanded alias were met before. */
  let expanding = 0

  const note = (path: Path, offset: number, error: AnnealError): null => {
    problems.push({ path, offset, error })
    return null
  }

  /** Counts one value; says so, once, when there are too many. */
  const isTooLarge = (path: Path, offset: number): boolean => {
    nodes += 1
    if (nodes <= MAX_NODES && path.length <= MAX_DEPTH) return false
    const over =
      nodes > MAX_NODES ? { what: 'values', limit: MAX_NODES } : { what: 'levels', limit: MAX_DEPTH }
    if (!tooLarge) note(path, offset, raise('YAML_TOO_LARGE', over))
    tooLarge = true
    return true
  }

  const walk: Walk = (node, path, key) => {
    const [start, end] = node?.range ?? [0, 0]
    const scalar = isScalar(node) ? node : undefined
    places.set(keyOf(path), { key, value: [start, end], scalar })
    if (isTooLarge(path, start)) return null
    if (node === null) return null
    if (isAlias(node)) return alias(node, path, key)
    if (node.tag !== undefined && !TAGS.has(node.tag)) {
      return note(path, start, raise('YAML_TAG', { tag: node.tag }))
    }
    if (node.anchor !== undefined && expanding === 0) anchors.set(node.anchor, node)
    if (isScalar(node)) return scalarValue(node, path)
    open.add(node)
    const value = isMap(node)
      ? mapValue(node, path)
      : isSeq(node)
        ? node.items.map((item, index) => walk(item as Node | null, [...path, index], undefined))
        : null
    open.delete(node)
    return value
  }

  const alias = (use: Alias, path: Path, key: Range | undefined): Tree => {
    const name = use.source
    const at = use.range?.[0] ?? 0
    const node = anchors.get(name)
    if (node === undefined)
      return note(path, at, raise('YAML_ALIAS', { name, what: 'has no anchor above it' }))
    if (open.has(node))
      return note(path, at, raise('YAML_ALIAS', { name, what: 'stands inside its own anchor' }))
    expanding += 1
    const value = walk(node, path, key)
    expanding -= 1
    return value
  }

  const scalarValue = (node: Scalar, path: Path): Tree => {
    const { value } = node
    if (typeof value === 'number' && path.at(-1) === 'mode' && /^0o?[0-7]+$/.test(node.source ?? '')) {
      // A file mode is octal however it is written; it travels as text so that nobody reads it as decimal.
      return node.source ?? ''
    }
    const unclear = ambiguity(node, path)
    if (unclear !== undefined)
      return note(path, node.range?.[0] ?? 0, raise('YAML_AMBIGUOUS_NUMBER', unclear))
    // The core schema makes nothing else of a scalar.
    return value as Tree
  }

  const mapValue = (node: YAMLMap, path: Path): Tree => {
    const entries = new Map<string, Tree>()
    const firstLines = new Map<string, number>()
    const merges: Node[] = []
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const range: Range = [pair.key.range?.[0] ?? 0, pair.key.range?.[1] ?? 0]
      const name = isScalar(pair.key) ? keyText(pair.key) : undefined
      if (name === undefined) {
        note(path, range[0], raise('YAML_KEY'))
        continue
      }
      if (name === '<<' && (pair.key as Scalar).type === 'PLAIN' && pair.value !== null) {
        merges.push(...mergeSources(pair.value))
        continue
      }
      const line = firstLines.get(name)
      if (line !== undefined) {
        note([...path, name], range[0], raise('YAML_DUPLICATE_KEY', { key: name, line }))
        continue
      }
      firstLines.set(name, position(range[0]).line)
      entries.set(name, walk(pair.value, [...path, name], range))
    }
    for (const source of merges) mergeInto(entries, source, path)
    return Object.fromEntries(entries)
  }

  /** Keys that the map has itself, or that an earlier merge gave it, stay. */
  const mergeInto = (entries: Map<string, Tree>, source: Node, path: Path): void => {
    // A merge that brings nothing new costs time all the same.
    if (isTooLarge(path, source.range?.[0] ?? 0)) return
    const node = isAlias(source) ? anchors.get(source.source) : source
    if (isAlias(source) && (node === undefined || open.has(node))) {
      alias(source, [...path, '<<'], undefined)
      return
    }
    if (!isMap(node)) {
      note([...path, '<<'], source.range?.[0] ?? 0, raise('YAML_MERGE'))
      return
    }
    expanding += 1
    open.add(node)
    const merges: Node[] = []
    for (const pair of node.items as Pair<Node, Node | null>[]) {
      const name = isScalar(pair.key) ? keyText(pair.key) : undefined
      if (name === '<<' && pair.value !== null) merges.push(...mergeSources(pair.value))
      else if (name !== undefined && !entries.has(name)) {
        const range: Range = [pair.key.range?.[0] ?? 0, pair.key.range?.[1] ?? 0]
        entries.set(name, walk(pair.value, [...path, name], range))
      }
    }
    for (const inner of merges) mergeInto(entries, inner, path)
    open.delete(node)
    expanding -= 1
  }

  return walk
}

function mergeSources(value: Node): readonly Node[] {
  return isSeq(value) ? (value.items as Node[]) : [value]
}

/** Numbers and truths as keys are taken as they are written. */
function keyText(key: Scalar): string | undefined {
  if (typeof key.value === 'string') return key.value
  if (key.value === null || key.type !== 'PLAIN') return undefined
  return key.source
}
