import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Module, findDeadExports, lineAt, readModulesBelow } from '../../scripts/source/index.ts'
import { KEPT_EXPORTS } from './house.ts'

/** Held to the rule. What is in the others takes exports, and much of it is loaded by a name that is computed. */
const HELD = ['src', 'lab', 'scripts']
const OTHERS = ['test', 'bench', 'demo']

/** scripts/docs/error-tables.ts takes them from every file of these names. */
const TABLE = /\/(errors|findings)\.ts:.*_(ERRORS|FINDINGS)$/

const PROJECT: readonly Module[] = [...HELD, ...OTHERS].flatMap((directory) => readModulesBelow(directory))

/** `src/a.ts:name` of each. */
function dead(modules: readonly Module[]): readonly string[] {
  return findDeadExports(modules).map(({ path, name }) => `${path}:${name}`)
}

describe('another file takes each export', () => {
  const kept = KEPT_EXPORTS.flatMap(({ path, names }) => names.map((name) => `${path}:${name}`))

  test('holds for every file under src, lab and scripts', () => {
    const lines = findDeadExports(PROJECT)
      .filter(({ path }) => HELD.some((directory) => path.startsWith(`${directory}/`)))
      .filter(({ path, name }) => !TABLE.test(`${path}:${name}`) && !kept.includes(`${path}:${name}`))
      .map(({ path, name, offset }) => {
        const text = PROJECT.find((module) => module.path === path)?.text ?? ''
        return `${path}:${lineAt(text, offset)}: nobody else takes "${name}": do not export it, or remove it`
      })
    assert.deepEqual(lines, [])
  })

  test('an exception names an export that nobody takes', () => {
    const all = new Set(dead(PROJECT))
    assert.deepEqual(
      kept.filter((one) => !all.has(one)),
      [],
    )
  })

  const CASES: Readonly<
    Record<string, Readonly<{ files: Readonly<Record<string, string>>; dead: readonly string[] }>>
  > = {
    'a value that its own file alone uses': {
      files: { 'a.ts': `export const a = 1\nexport const b = a`, 'b.ts': `import { b } from './a.ts'` },
      dead: ['a.ts:a'],
    },
    'a function, a class and parts of an object that nobody takes': {
      files: { 'a.ts': `export function f() {}\nexport class C {}\nexport const { d, e } = f()` },
      dead: ['a.ts:f', 'a.ts:C', 'a.ts:d', 'a.ts:e'],
    },
    'what stands at a door and is taken elsewhere': {
      files: {
        'a.ts': `export const a = 1`,
        'index.ts': `export { a } from './a.ts'`,
        'a.test.ts': `import { a } from './a.ts'`,
      },
      dead: ['index.ts:a'],
    },
    'what is taken at a door, under another name and through another door': {
      files: {
        'a.ts': `export const a = 1\nexport const b = 2`,
        'index.ts': `export { a as c } from './a.ts'`,
        'all.ts': `export * from './index.ts'`,
        'user.ts': `import { c } from './all.ts'`,
      },
      dead: ['a.ts:b'],
    },
    'a type that nothing exported speaks of': {
      files: {
        'a.ts': `export type A = 1\nexport type B = 2\nexport const f = (b: B): B => b`,
        'user.ts': `import { f } from './a.ts'`,
      },
      dead: ['a.ts:A'],
    },
    'nothing of a file that is loaded as a whole': {
      files: {
        'a.ts': `export const a = 1`,
        'b.ts': `export const b = 1`,
        'c.ts': `export type C = 1`,
        'user.ts': `await import('./a.ts')\nimport * as b from './b.ts'\ntype D = import('./c.ts').C`,
      },
      dead: [],
    },
  }

  for (const [name, { files, dead: expected }] of Object.entries(CASES)) {
    test(`${expected.length === 0 ? 'passes' : 'tells'}: ${name}`, () => {
      const modules = Object.entries(files).map(([path, text]) => new Module(path, text))
      assert.deepEqual(dead(modules), expected)
    })
  }
})
