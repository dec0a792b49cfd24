import { stripTypeScriptTypes } from 'node:module'
import { nodesIn, parseSyntax, stringOf, walk } from '../source/index.ts'
import type { SyntaxNode } from '../source/index.ts'

/** A module as JavaScript, and the files that it needs when it runs, as it names them: `./a.ts`, `x.schema.json`. */
export type CompiledModule = Readonly<{ text: string; needs: readonly string[] }>

const IMPORTING = new Set([
  'ImportDeclaration',
  'ExportAllDeclaration',
  'ExportNamedDeclaration',
  'ImportExpression',
])

/**
 * TypeScript as JavaScript: Node takes no types out of files below `node_modules` (ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING).
 * The types become blanks and `.ts` becomes `.js` in relative references, so that each line and column stays where it is in
 * the source, also in a stack trace.
 */
export function compileModule(path: string, source: string): CompiledModule {
  const needs: string[] = []
  let text = source
  for (const literal of walk(parseSyntax(path, source)).flatMap((node) => referringLiteral(node))) {
    const specifier = stringOf(literal) ?? ''
    needs.push(specifier)
    if (specifier.endsWith('.ts')) {
      const quote = source.charAt(literal.start)
      const javaScript = `${quote}${specifier.replace(/\.ts$/, '.js')}${quote}`
      text = text.slice(0, literal.start) + javaScript + text.slice(literal.end)
    }
  }
  return { text: stripTypeScriptTypes(text), needs }
}

/** The literal of a relative reference that is followed when the module runs: an import, or `new URL(…, import.meta.url)`. */
function referringLiteral(node: SyntaxNode): readonly SyntaxNode[] {
  if (IMPORTING.has(node.type)) {
    if (node['importKind'] === 'type' || node['exportKind'] === 'type') return []
    return nodesIn(node['source']).filter((one) => /^\.\.?\//.test(stringOf(one) ?? ''))
  }
  if (node.type !== 'NewExpression') return []
  const [callee] = nodesIn(node['callee'])
  const [first, second] = nodesIn(node['arguments'])
  if (callee?.['name'] !== 'URL' || first === undefined || second?.type !== 'MemberExpression') return []
  return nodesIn(second['object'])[0]?.type === 'MetaProperty' && stringOf(first) !== undefined ? [first] : []
}
