import { isDeepStrictEqual } from 'node:util'
import { Document, Pair, Scalar, YAMLMap, isAlias, isMap, isScalar, parseDocument, visit } from 'yaml'
import type { Node } from 'yaml'
import type { Edit, Path, Tree } from '../../node/release/index.ts'
import { isMap as isTreeMap } from '../../node/release/index.ts'
import { needsQuotes } from './yaml-numbers.ts'
import { readYaml } from './yaml-tree.ts'

const STYLE = { lineWidth: 0, indentSeq: true, flowCollectionPadding: false } as const

/** Keys that belong at the top of a file, in this order. */
const FIRST = ['name', 'x-anneal']

/**
 * Applies edits to a YAML text so that its comments and order stay. `wrap` puts the whole old file under `services`
 * first. Where aliases are in the way, or the result would not mean `expected`, the plain values are written instead.
 */
export function editYaml(
  text: string,
  edits: readonly Edit[],
  wrap: 'wrap' | 'keep',
  expected: Tree,
): string {
  const document = parseDocument(text, { version: '1.2', schema: 'core', uniqueKeys: false })
  if (!hasAliases(document) && isMap(document.contents)) {
    if (wrap === 'wrap') {
      const top = new YAMLMap(document.schema)
      top.items.push(new Pair(new Scalar('services'), document.contents))
      document.contents = top as typeof document.contents
    }
    for (const edit of edits) applyEdit(document, edit)
    spellNulls(document)
    const edited = document.toString(STYLE)
    const { tree, problems } = readYaml(edited)
    if (problems.length === 0 && isDeepStrictEqual(tree, normal(expected))) return edited
  }
  return writeYaml(expected)
}

/** A Compose file of plain values. */
export function writeYaml(tree: Tree): string {
  const document = new Document(inOrder(tree), { version: '1.2', aliasDuplicateObjects: false })
  if (document.contents !== null) quoteAmbiguous(document.contents)
  return document.toString(STYLE)
}

/** Puts texts into quotes that a reader other than YAML 1.2's takes for a date or a number. */
function quoteAmbiguous(node: Node): void {
  visit(node, {
    Scalar(_, scalar) {
      if (typeof scalar.value === 'string' && needsQuotes(scalar.value)) scalar.type = 'QUOTE_DOUBLE'
    },
  })
}

/** In braces, `{A: , B: 1}` would become `{A:, B: 1}`, in which Compose reads the key "A:". */
function spellNulls(document: Document): void {
  visit(document, {
    Map(_, map) {
      if (map.flow !== true) return
      for (const { value } of map.items) {
        if (isScalar(value) && value.value === null && value.source === '') value.source = 'null'
      }
    },
  })
}

function hasAliases(document: Document): boolean {
  let found = false
  visit(document, {
    Alias() {
      found = true
      return visit.BREAK
    },
    Scalar(key, node) {
      if (key === 'key' && node.value === '<<') found = true
    },
  })
  return found || isAlias(document.contents)
}

function applyEdit(document: Document, edit: Edit): void {
  switch (edit.op) {
    case 'set': {
      const value = document.createNode(edit.value, { aliasDuplicateObjects: false })
      quoteAmbiguous(value)
      const [first] = edit.path
      if (typeof first === 'string' && FIRST.includes(first) && !document.has(first)) {
        insertFirst(document, first, edit.path.length === 1 ? value : document.createNode({}))
      }
      const before = document.getIn(edit.path, true)
      // A comment behind a text belongs to its place.
      if (isScalar(before) && isScalar(value)) Object.assign(value, comments(before))
      document.setIn(edit.path, value)
      return
    }
    case 'delete':
      keepHeadComment(document, edit.path)
      document.deleteIn(edit.path)
      return
    case 'rename': {
      const parent = document.getIn(edit.path.slice(0, -1), true)
      if (!isMap(parent)) return
      for (const pair of parent.items) {
        if (isScalar(pair.key) && String(pair.key.value) === edit.path.at(-1)) pair.key.value = edit.to
      }
    }
  }
}

function comments({ comment, commentBefore, spaceBefore }: Scalar): Partial<Scalar> {
  return {
    ...(comment && { comment }),
    ...(commentBefore && { commentBefore }),
    ...(spaceBefore && { spaceBefore }),
  }
}

/** What a file begins with belongs to the file, not to the first key. */
function keepHeadComment(document: Document, path: Path): void {
  const first = isMap(document.contents) && path.length === 1 ? document.contents.items[0] : undefined
  if (!isScalar(first?.key) || first.key.value !== path[0] || typeof first.key.commentBefore !== 'string')
    return
  document.commentBefore = [document.commentBefore, first.key.commentBefore].filter(Boolean).join('\n\n')
}

function insertFirst(document: Document, key: string, value: Node): void {
  const { contents } = document
  if (!isMap(contents)) return
  const rank = FIRST.indexOf(key)
  const index = contents.items.filter((pair) => {
    const other = FIRST.indexOf(isScalar(pair.key) ? String(pair.key.value) : '')
    return other !== -1 && other < rank
  }).length
  contents.items.splice(index, 0, new Pair(new Scalar(key), value))
}

/** As it comes back from YAML: plain objects. */
function normal(tree: Tree): Tree {
  return JSON.parse(JSON.stringify(tree)) as Tree
}

const ORDER = ['name', 'x-anneal', 'services', 'configs', 'secrets', 'volumes']

function inOrder(tree: Tree): Tree {
  if (!isTreeMap(tree)) return tree
  const rank = (key: string): number => (ORDER.includes(key) ? ORDER.indexOf(key) : ORDER.length)
  return Object.fromEntries(Object.entries(tree).toSorted(([a], [b]) => rank(a) - rank(b)))
}
