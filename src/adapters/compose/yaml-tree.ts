import { LineCounter, parseDocument } from 'yaml'
import type { Document, Scalar, YAMLError } from 'yaml'
import { yamlFault } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import type { Path, Tree } from '../../node/release/index.ts'
import { raise } from './errors.ts'
import { keyOf, MAX_DEPTH, walker } from './yaml-walk.ts'

/** A node's services need a hundredth of it. */
export const MAX_BYTES = 1 << 18
/** One missing quote can make hundreds of syntax errors; the first tell enough. */
const MAX_SYNTAX_ERRORS = 5

/** Offsets into the text, in UTF-16 code units: `[start, end)`. */
export type Range = readonly [start: number, end: number]

/** Where a value of the tree stands in the text. Values that came through an alias stand where the anchor is. */
export type Place = Readonly<{ key: Range | undefined; value: Range; scalar: Scalar | undefined }>

/** Something wrong with the YAML itself. */
export type YamlProblem = Readonly<{ path: Path; offset: number; error: AnnealError }>

export type YamlTree = Readonly<{
  text: string
  tree: Tree
  problems: readonly YamlProblem[]
  place(path: Path): Place | undefined
  /** Line and column, counted from 1. */
  position(offset: number): Readonly<{ line: number; column: number }>
}>

/**
 * Reads one YAML 1.2 document (core schema, merge keys) into plain values that know where they stand.
 * Refused: duplicate keys, keys that are no text, unknown tags, several documents, numbers whose meaning depends on
 * the reader, and more expansion of aliases than any honest file has. No message quotes a value.
 */
export function readYaml(text: string): YamlTree {
  const lines = new LineCounter()
  const places = new Map<string, Place>()
  const problems: YamlProblem[] = []
  const position = (offset: number): { line: number; column: number } => {
    const { line, col } = lines.linePos(Math.min(offset, text.length))
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const result = (tree: Tree): YamlTree => ({
    text,
    tree,
    problems,
    position,
    place: (path) => places.get(keyOf(path)),
  })
  const note = (offset: number, error: AnnealError): void => {
    problems.push({ path: [], offset, error })
  }
  if (Buffer.byteLength(text) > MAX_BYTES) {
    note(0, raise('YAML_TOO_LARGE', { what: 'bytes', limit: MAX_BYTES }))
    return result(null)
  }
  const document = parse(text, lines)
  if (document === undefined) {
    note(0, raise('YAML_TOO_LARGE', { what: 'levels', limit: MAX_DEPTH }))
    return result(null)
  }
  if (document.errors.some((error) => error.code === 'RESOURCE_EXHAUSTION')) {
    note(0, raise('YAML_TOO_LARGE', { what: 'levels', limit: MAX_DEPTH }))
    return result(null)
  }
  for (const error of document.errors.slice(0, MAX_SYNTAX_ERRORS)) note(error.pos[0], syntaxError(error))
  const { explicit, version } = document.directives?.yaml ?? { explicit: false, version: '1.2' }
  if (explicit === true && version !== '1.2') note(0, raise('YAML_VERSION', { version }))
  if (problems.length > 0) return result(null)
  const walk = walker(places, problems, position)
  return result(walk(document.contents, [], undefined))
}

/** undefined where the nesting is deeper than the parser's stack. */
function parse(text: string, lineCounter: LineCounter): Document | undefined {
  try {
    return parseDocument(text, {
      lineCounter,
      version: '1.2',
      schema: 'core',
      prettyErrors: false,
      // Compares each key with every other one; the walk below does it with a set.
      uniqueKeys: false,
      logLevel: 'error',
    })
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function syntaxError(error: YAMLError): AnnealError {
  if (error.code === 'MULTIPLE_DOCS') return raise('YAML_DOCUMENTS')
  return raise('YAML_SYNTAX', { what: yamlFault(error.code) })
}
