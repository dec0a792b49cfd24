import type { Module } from './module.ts'
import { nameOf, nodesIn, walk } from './syntax.ts'
import type { SyntaxNode } from './syntax.ts'

/** A name that a file exports and that no other file takes. */
export type DeadExport = Readonly<{ path: string; name: string; offset: number }>

type Export = Readonly<{
  name: string
  offset: number
  kind: 'value' | 'type'
  /** Names in the declaration: the types that it speaks of are among them. */
  mentions: () => ReadonlySet<string>
  /** Where it comes from, if it is another file's: `{ a as b } from './c.ts'`. */
  from?: Readonly<{ path: string; name: string }>
}>

type Exports = Readonly<{ names: readonly Export[]; stars: readonly string[] }>

/** Every name of a file: `import * as x`, or `import('./x.ts')`, whose result may be asked for anything. */
const ALL = '*'

const NONE: ReadonlySet<string> = new Set()

/**
 * Exports that nobody outside of their file takes. What a door passes on lives if somebody takes it at the door. A type
 * lives as well as what speaks of it: who calls a function may want to name what it gives. Tests count: what a test looks
 * at is not dead.
 */
export function findDeadExports(modules: readonly Module[]): readonly DeadExport[] {
  const exports = new Map(modules.map((module) => [module.path, exportsOf(module)]))
  const taken = takenNames(modules, exports)
  return modules.flatMap(({ path }) => {
    const { names } = exports.get(path) ?? { names: [] }
    const all = taken.get(path)
    if (all?.has(ALL) === true) return []
    return names
      .filter(({ name }) => all?.has(name) !== true)
      .filter(({ name, kind, from }) => {
        if (kind === 'value') return true
        return from === undefined && !names.some((one) => one.name !== name && one.mentions().has(name))
      })
      .map(({ name, offset }) => ({ path, name, offset }))
  })
}

/** For each file the names that others take from it, also through doors. */
function takenNames(
  modules: readonly Module[],
  exports: ReadonlyMap<string, Exports>,
): ReadonlyMap<string, ReadonlySet<string>> {
  const taken = new Map<string, Set<string>>(modules.map(({ path }) => [path, new Set()]))
  const take = (path: string, name: string): void => {
    const before = taken.get(path)
    if (before === undefined || before.has(name)) return
    before.add(name)
    const { names, stars } = exports.get(path) ?? { names: [], stars: [] }
    for (const one of names) {
      if (one.from !== undefined && (name === ALL || one.name === name)) take(one.from.path, one.from.name)
    }
    for (const star of stars) take(star, name)
  }
  for (const { target = '', takes } of modules.flatMap(({ references }) => references)) {
    for (const name of takes) take(target, name)
  }
  return taken
}

function exportsOf(module: Module): Exports {
  const names: Export[] = []
  const stars: string[] = []
  for (const statement of nodesIn(module.program['body'])) {
    const path = pathOf(module, statement)
    if (statement.type === 'ExportAllDeclaration' && path !== undefined) stars.push(path)
    if (statement.type !== 'ExportNamedDeclaration') continue
    const kind = statement['exportKind'] === 'type' ? 'type' : 'value'
    for (const specifier of nodesIn(statement['specifiers'])) {
      const name = nameOf(specifier['exported']) ?? ''
      const from = path === undefined ? {} : { from: { path, name: nameOf(specifier['local']) ?? name } }
      names.push({ name, offset: specifier.start, kind, mentions: () => NONE, ...from })
    }
    for (const declared of nodesIn(statement['declaration'])) {
      const mentions = (): ReadonlySet<string> => new Set(walk(declared).map((node) => nameOf(node) ?? ''))
      for (const name of namesOf(declared)) names.push({ name, offset: declared.start, kind, mentions })
    }
  }
  return { names, stars }
}

/** `const a = 1, { b } = c`, `function a() {}`, `type A = …`. */
function namesOf(declared: SyntaxNode): readonly string[] {
  if (declared.type !== 'VariableDeclaration') return [nameOf(declared['id']) ?? '']
  return nodesIn(declared['declarations']).flatMap((one) =>
    nodesIn(one['id']).flatMap((id) =>
      id.type === 'ObjectPattern'
        ? nodesIn(id['properties']).map((property) => nameOf(property['value']) ?? '')
        : [nameOf(id) ?? ''],
    ),
  )
}

function pathOf(module: Module, node: SyntaxNode): string | undefined {
  return module.references.find(({ offset }) => offset === node.start)?.target
}
