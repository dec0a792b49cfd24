import { parseSync, visitorKeys } from 'oxc-parser'

/** A node of the ESTree that oxc gives for TypeScript: its type, its place in the text and whatever else it has. */
export type SyntaxNode = Readonly<{ type: string; start: number; end: number }> &
  Readonly<Record<string, unknown>>

/** Parses TypeScript. Throws where the text is none: a check must not pass because it could not read. */
export function parseSyntax(path: string, text: string): SyntaxNode {
  const { program, errors } = parseSync(path, text)
  const first = errors[0]
  if (first !== undefined) throw new SyntaxError(`${path}: ${first.message}`)
  return program as unknown as SyntaxNode
}

/** The nodes right below a node, in the order of the text. */
export function childrenOf(node: SyntaxNode): readonly SyntaxNode[] {
  const keys = visitorKeys[node.type]
  if (keys === undefined) throw new TypeError(`unknown syntax node ${node.type}`)
  const children: SyntaxNode[] = []
  for (const key of keys) collectNodes(node[key], children)
  return children
}

/** What a member of a node holds: one node, several, or none. */
export function nodesIn(value: unknown): readonly SyntaxNode[] {
  const nodes: SyntaxNode[] = []
  collectNodes(value, nodes)
  return nodes
}

/** Into one list: a project has a million of them. */
function collectNodes(value: unknown, nodes: SyntaxNode[]): void {
  if (Array.isArray(value)) for (const item of value) collectNodes(item, nodes)
  else if (isNode(value)) nodes.push(value)
}

function isNode(value: unknown): value is SyntaxNode {
  return typeof value === 'object' && value !== null && typeof (value as { type?: unknown }).type === 'string'
}

/** Every node of the tree, parents before children, in the order of the text. */
export function walk(root: SyntaxNode): readonly SyntaxNode[] {
  const nodes: SyntaxNode[] = []
  const collect = (node: SyntaxNode): void => {
    nodes.push(node)
    for (const child of childrenOf(node)) collect(child)
  }
  collect(root)
  return nodes
}

/** The text of a string literal; undefined for anything else. */
export function stringOf(value: unknown): string | undefined {
  const [node] = nodesIn(value)
  return node?.type === 'Literal' && typeof node['value'] === 'string' ? node['value'] : undefined
}

/** The name of an identifier; undefined for anything else. */
export function nameOf(value: unknown): string | undefined {
  const [node] = nodesIn(value)
  return node?.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : undefined
}

/** The member of an object literal that has this name, and no computed one. */
export function memberOf(object: SyntaxNode, name: string): SyntaxNode | undefined {
  for (const property of nodesIn(object['properties'])) {
    if (property.type !== 'Property' || property['computed'] === true) continue
    if (nameOf(property['key']) === name || stringOf(property['key']) === name) {
      return nodesIn(property['value'])[0]
    }
  }
  return undefined
}

/** Line of an offset, the first being 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
