import { childrenOf, nameOf, nodesIn, walk } from './syntax.ts'
import type { SyntaxNode } from './syntax.ts'

/** A name that is used and that the file does not bind: a global. */
export type FreeName = Readonly<{
  name: string
  offset: number
  /** The node around it: tells `new Date(0)` from `new Date()`. */
  parent: SyntaxNode
}>

/**
 * The globals that a program uses as values. A parameter, a variable or an import of the same name hides them, so a
 * variable called `process` is none. Declarations are taken to bind in the block they stand in; `var` is bound there,
 * too, which is enough for a house that has none. Names in types are left out, but for the namespace `NodeJS`.
 */
export function freeNames(program: SyntaxNode): readonly FreeName[] {
  const found: FreeName[] = []
  visit(program, program, [], found)
  return found
}

type Scope = ReadonlySet<string>

function visit(node: SyntaxNode, parent: SyntaxNode, scopes: readonly Scope[], found: FreeName[]): void {
  if (node.type === 'Identifier') {
    const name = nameOf(node) ?? ''
    if (!scopes.some((scope) => scope.has(name))) found.push({ name, offset: node.start, parent })
    return
  }
  if (isTypeOnly(node)) {
    for (const inner of walk(node)) {
      if (nameOf(inner) === 'NodeJS') found.push({ name: 'NodeJS', offset: inner.start, parent: node })
    }
    return
  }
  const bound = boundBy(node)
  const inner = bound.size === 0 ? scopes : [...scopes, bound]
  for (const child of childrenOf(node)) {
    if (!isLabelOrKey(child, node)) visit(child, node, inner, found)
  }
}

const VALUE_IN_TYPES = new Set([
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSTypeAssertion',
  'TSInstantiationExpression',
])

/** Also what only passes on: `export { a } from './b.ts'` uses no `a` of this file. */
function isTypeOnly(node: SyntaxNode): boolean {
  if (node.type === 'ImportDeclaration' || node.type === 'ExportAllDeclaration') return true
  if (node.type === 'ExportNamedDeclaration') return nodesIn(node['source']).length > 0
  return node.type.startsWith('TS') && !VALUE_IN_TYPES.has(node.type)
}

/** Names that stand for a member, not for a value: `a.name`, `{ name: 1 }`, `break name`. */
function isLabelOrKey(child: SyntaxNode, parent: SyntaxNode): boolean {
  if (parent.type === 'MemberExpression') return parent['property'] === child && parent['computed'] !== true
  if (parent.type === 'ExportSpecifier') return parent['exported'] === child
  if (parent.type === 'MetaProperty' || parent['label'] === child) return true
  return parent['key'] === child && parent['computed'] !== true
}

/** The names that a node binds for what is inside it. */
function boundBy(node: SyntaxNode): Scope {
  switch (node.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return new Set(nodesIn(node['body']).flatMap((statement) => declaredBy(statement)))
    case 'SwitchStatement':
      return new Set(
        nodesIn(node['cases'])
          .flatMap((one) => nodesIn(one['consequent']))
          .flatMap((statement) => declaredBy(statement)),
      )
    case 'ForStatement':
      return new Set(nodesIn(node['init']).flatMap((statement) => declaredBy(statement)))
    case 'ForInStatement':
    case 'ForOfStatement':
      return new Set(nodesIn(node['left']).flatMap((statement) => declaredBy(statement)))
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return new Set([...nodesIn(node['params']).flatMap((one) => namesIn(one)), ...ownName(node)])
    case 'ClassDeclaration':
    case 'ClassExpression':
      return new Set(ownName(node))
    case 'CatchClause':
      return new Set(nodesIn(node['param']).flatMap((one) => namesIn(one)))
    default:
      return new Set()
  }
}

function ownName(node: SyntaxNode): readonly string[] {
  const name = nameOf(node['id'])
  return name === undefined ? [] : [name]
}

function declaredBy(statement: SyntaxNode): readonly string[] {
  switch (statement.type) {
    case 'VariableDeclaration':
      return nodesIn(statement['declarations']).flatMap((one) => nodesIn(one['id']).flatMap(namesIn))
    case 'ImportDeclaration':
      return nodesIn(statement['specifiers']).flatMap((one) => nameOf(one['local']) ?? [])
    case 'ExportNamedDeclaration':
      return nodesIn(statement['declaration']).flatMap((one) => declaredBy(one))
    default:
      return ownName(statement)
  }
}

/** The names that a pattern binds: `a`, `{ a, b: c }`, `[a, ...b]`, `a = 1`. */
function namesIn(pattern: SyntaxNode): readonly string[] {
  switch (pattern.type) {
    case 'Identifier':
      return [nameOf(pattern) ?? '']
    case 'ObjectPattern':
      return nodesIn(pattern['properties']).flatMap((one) => namesIn(one))
    case 'ArrayPattern':
      return nodesIn(pattern['elements']).flatMap((one) => namesIn(one))
    case 'Property':
      return nodesIn(pattern['value']).flatMap((one) => namesIn(one))
    case 'RestElement':
      return nodesIn(pattern['argument']).flatMap((one) => namesIn(one))
    case 'AssignmentPattern':
      return nodesIn(pattern['left']).flatMap((one) => namesIn(one))
    default:
      return []
  }
}
