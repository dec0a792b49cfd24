import { posix } from 'node:path'
import { freeNames } from './free-names.ts'
import type { FreeName } from './free-names.ts'
import { nameOf, nodesIn, parseSyntax, stringOf, walk } from './syntax.ts'
import type { SyntaxNode } from './syntax.ts'

/** One way in which a file refers to another: import, re-export, `import()` or `import('…').Type`. */
export type Reference = Readonly<{
  /** As written. */
  specifier: string
  /** Path from the root of the project; undefined for a package or a module of Node. */
  target: string | undefined
  /** Where in the text it stands. */
  offset: number
  /** Names that the file takes for itself; `*` where it may take any. What it only passes on is not among them. */
  takes: readonly string[]
  /** `type`: nothing of it is there when the program runs. `later`: loaded when it is called. */
  when: 'loaded' | 'type' | 'later'
}>

/** A source file, as far as the rules of the house look at it. What needs the syntax is read when somebody asks. */
export class Module {
  /** From the root of the project: `src/core/errors.ts`. */
  readonly path: string
  readonly text: string
  #program: SyntaxNode | undefined
  #nodes: readonly SyntaxNode[] | undefined
  #references: readonly Reference[] | undefined
  #free: readonly FreeName[] | undefined

  constructor(path: string, text: string) {
    this.path = path
    this.text = text
  }

  /** Throws where the text is no TypeScript. */
  get program(): SyntaxNode {
    return (this.#program ??= parseSyntax(this.path, this.text))
  }

  /** Every node, parents before children, in the order of the text. */
  get nodes(): readonly SyntaxNode[] {
    return (this.#nodes ??= walk(this.program))
  }

  get references(): readonly Reference[] {
    return (this.#references ??= this.nodes.flatMap((node) => referenceOf(this.path, node)))
  }

  get free(): readonly FreeName[] {
    return (this.#free ??= freeNames(this.program))
  }

  get hasDefaultExport(): boolean {
    return nodesIn(this.program['body']).some((statement) => exportsDefault(statement))
  }

  get lines(): number {
    return this.text.replace(/\n$/, '').split('\n').length
  }
}

const REFERRING = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'ImportExpression',
  'TSImportType',
])

function referenceOf(path: string, node: SyntaxNode): readonly Reference[] {
  if (node.type === 'TSExternalModuleReference') {
    return [reference(path, stringOf(node['expression']) ?? '', node)]
  }
  if (!REFERRING.has(node.type) || nodesIn(node['source']).length === 0) return []
  const specifier = stringOf(node['source'])
  // What is imported by a computed name cannot be judged; that is said, and not passed over.
  if (specifier === undefined) {
    return [{ specifier: '(computed)', target: undefined, offset: node.start, takes: ['*'], when: 'later' }]
  }
  return [reference(path, specifier, node)]
}

function reference(path: string, specifier: string, node: SyntaxNode): Reference {
  const relative = specifier.startsWith('./') || specifier.startsWith('../')
  const target = relative ? posix.join(posix.dirname(path), specifier) : undefined
  return { specifier, target, offset: node.start, takes: takenBy(node), when: loadTime(node) }
}

function loadTime(node: SyntaxNode): Reference['when'] {
  if (node.type === 'ImportExpression') return 'later'
  const isType =
    node.type === 'TSImportType' || node['importKind'] === 'type' || node['exportKind'] === 'type'
  return isType ? 'type' : 'loaded'
}

function takenBy(node: SyntaxNode): readonly string[] {
  if (node.type === 'ImportDeclaration') {
    return nodesIn(node['specifiers']).map((one) =>
      one.type === 'ImportSpecifier' ? (nameOf(one['imported']) ?? '*') : '*',
    )
  }
  if (node.type === 'ExportNamedDeclaration' || node.type === 'ExportAllDeclaration') return []
  return [nameOf(node['qualifier']) ?? '*']
}

function exportsDefault(statement: SyntaxNode): boolean {
  if (statement.type === 'ExportDefaultDeclaration' || statement.type === 'TSExportAssignment') return true
  if (statement.type !== 'ExportNamedDeclaration') return false
  return nodesIn(statement['specifiers']).some((one) => nameOf(one['exported']) === 'default')
}
