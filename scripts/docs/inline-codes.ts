import { memberOf, nameOf, nodesIn, readModulesBelow, stringOf, walk } from '../source/index.ts'
import type { Module, SyntaxNode } from '../source/index.ts'

/** A code that a program can meet and that stands where it is made, not in a table. */
export type InlineCode = Readonly<{
  code: string
  path: string
  /** Only findings have one: `refuse`, `warn`, `info`, or several where it depends. */
  severity: string
  /** What is said of it; `…` stands for what is only known when it happens. */
  text: string
  remedy: string
}>

/** Members that tell what an object with a `code` is, and which of them holds its text. */
const SHAPES = {
  /** `Finding`: something a check noticed. */
  finding: { members: ['code', 'severity', 'subject', 'evidence', 'remedy'], text: 'evidence' },
  /** `Reason`: why a run left its way. */
  reason: { members: ['code', 'message', 'remedy'], text: 'message' },
  /** `ProofFailure` and `Breach`: what is not as it has to be. */
  failure: { members: ['code', 'subject', 'detail'], text: 'detail' },
} as const

export type Shape = keyof typeof SHAPES

const SEVERITIES: readonly string[] = ['refuse', 'warn', 'info']

/** Every object literal under src that has one of these shapes, by code. A code that cannot be read throws. */
export function readInlineCodes(
  shape: Shape,
  modules: readonly Module[] = readModulesBelow('src'),
): readonly InlineCode[] {
  return modules
    .filter((module) => !module.path.endsWith('.test.ts'))
    .flatMap((module) => module.nodes.flatMap((node) => codesOf(shape, module, node)))
    .toSorted((a, b) => (a.code < b.code ? -1 : a.code > b.code ? 1 : 0))
}

function codesOf(shape: Shape, module: Module, node: SyntaxNode): readonly InlineCode[] {
  if (node.type !== 'ObjectExpression') return []
  const { members, text } = SHAPES[shape]
  const values = members.map((name) => memberOf(node, name))
  const others = nodesIn(node['properties']).length - values.filter((value) => value !== undefined).length
  if (others > 0 || values.includes(undefined)) return []
  const [code] = values
  // Made of a caught error or of a line of a table: its code is listed there.
  if (code?.type === 'MemberExpression' || isOfTable(node)) return []
  const names = code === undefined ? [] : literalCodes(module, code)
  if (names.length === 0) throw new Error(`${module.path}: a ${shape} has a code that cannot be read`)
  return names.map((name) => ({
    code: name,
    path: module.path,
    severity: severitiesOf(memberOf(node, 'severity')),
    text: textOf(memberOf(node, text)),
    remedy: textOf(memberOf(node, 'remedy')),
  }))
}

/** `severity: spec.severity`: the finding is a line of a table. */
function isOfTable(node: SyntaxNode): boolean {
  const severity = memberOf(node, 'severity')
  return severity?.type === 'MemberExpression'
}

/** A literal, or (where the code is a parameter) the literals that the callers in the same file pass for it. */
function literalCodes(module: Module, code: SyntaxNode): readonly string[] {
  const literal = stringOf(code)
  if (literal !== undefined) return [literal]
  const parameter = nameOf(code)
  const around = module.nodes.findLast(
    (node) => node.type === 'FunctionDeclaration' && node.start < code.start && node.end > code.end,
  )
  if (parameter === undefined || around === undefined) return []
  const index = nodesIn(around['params']).findIndex((one) => nameOf(one) === parameter)
  return module.nodes
    .filter((node) => node.type === 'CallExpression' && nameOf(node['callee']) === nameOf(around['id']))
    .flatMap((call) => stringOf(nodesIn(call['arguments'])[index]) ?? [])
}

function severitiesOf(node: SyntaxNode | undefined): string {
  if (node === undefined) return ''
  const literals = walk(node).flatMap((one) => stringOf(one) ?? [])
  return SEVERITIES.filter((severity) => literals.includes(severity)).join(' or ')
}

/** The words of a text, with … for what is filled in. */
function textOf(node: SyntaxNode | undefined): string {
  if (node === undefined) return ''
  if (node.type !== 'TemplateLiteral') return stringOf(node) ?? '…'
  return nodesIn(node['quasis'])
    .map((quasi) => (quasi['value'] as { cooked: string }).cooked)
    .join('…')
}
