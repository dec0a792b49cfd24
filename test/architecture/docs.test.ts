import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EXIT } from '../../src/core/index.ts'
import type { ErrorTable } from '../../src/core/index.ts'
import { STATES, isStable } from '../../src/node/index.ts'
import type { StateName } from '../../src/node/index.ts'
import { DEPLOY_EFFECTS, DEPLOY_STATES, isAtRest, targetOf } from '../../src/metal/index.ts'
import type { DeployState, DeployStateSpec, WorkState } from '../../src/metal/index.ts'
import {
  findDeployWays,
  findTransitions,
  generatedPages,
  readErrorTables,
  readFindingTables,
  readInlineCodes,
  shortForm,
} from '../../scripts/docs/index.ts'
import type { Table } from '../../scripts/docs/index.ts'
import { Module, ROOT, memberOf, readModulesBelow, stringOf } from '../../scripts/source/index.ts'

const errors = await readErrorTables()
const findings = await readFindingTables()
const inline = (['finding', 'reason', 'failure'] as const).flatMap((shape) => readInlineCodes(shape))
const errorsMd = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8')

for (const { path, text } of await generatedPages()) {
  test(`${path} is what the code says`, () => {
    assert.equal(readFileSync(join(ROOT, path), 'utf8'), text, `run "npm run docs" and commit ${path}`)
  })
}

describe('findings/README.md', () => {
  test('the folder holds scripts alone beside it', () => {
    const others = (names: readonly string[]) =>
      names.filter((name) => name !== 'README.md' && !name.endsWith('.sh'))
    assert.deepEqual(others(readdirSync(join(ROOT, 'findings'))), [])
    assert.deepEqual(others(['README.md', 'a.sh', 'tree']), ['tree'])
  })
  test('takes three cells from the head of a script, and refuses fewer, more and empty ones', () => {
    assert.deepEqual(shortForm('#!/bin/sh\n# Short:    a 1.0 | `x` is 1 | it is 2\nset -eu\n'), [
      'a 1.0',
      '`x` is 1',
      'it is 2',
    ])
    for (const line of [
      '# Shor: a | b | c',
      '# Short: a | b',
      '# Short: a | b | c | d',
      '# Short: a |  | c',
      'Short: a | b | c',
    ])
      assert.equal(shortForm(`#!/bin/sh\n${line}\n`), undefined, line)
  })
})

/** The codes in the first column of the page's tables below a heading of the second level. */
function documented(heading: string): ReadonlySet<string> {
  const section = errorsMd.split(/^## /m).find((part) => part.startsWith(`${heading}\n`))
  assert.ok(section, `docs/errors.md has no "${heading}"`)
  return new Set([...section.matchAll(/^\| `([A-Z][A-Z0-9_]*)` \|/gm)].map((match) => match[1] ?? ''))
}

function codesOf(tables: readonly Table<object>[]): readonly string[] {
  return tables.flatMap((one) => Object.keys(one.entries))
}

function twice(codes: readonly string[]): readonly string[] {
  return codes.filter((code, index) => codes.indexOf(code) !== index)
}

describe('docs/errors.md', () => {
  test('lists the codes of the error tables and no others', () => {
    assert.deepEqual([...documented('Errors')].toSorted(), codesOf(errors).toSorted())
  })

  test('lists the findings of the tables and of the code, and no others', () => {
    const codes = [...codesOf(findings), ...readInlineCodes('finding').map((one) => one.code)]
    assert.deepEqual([...documented('Findings')].toSorted(), [...new Set(codes)].toSorted())
  })

  test('lists every exit code', () => {
    const listed = [...errorsMd.matchAll(/^\| (\d+) \| `(\w+)` \|/gm)].map((match) => [
      match[2],
      Number(match[1]),
    ])
    assert.deepEqual(Object.fromEntries(listed), EXIT)
  })

  test('every code that is made anywhere under src is on the page', () => {
    const modules = readModulesBelow('src').filter((module) => !module.path.endsWith('.test.ts'))
    const made = modules.flatMap((module) => codesMadeIn(module))
    assert.ok(made.length > 20, `only ${made.length} codes found`)
    const known = new Set([...codesOf(errors), ...codesOf(findings), ...inline.map((one) => one.code)])
    assert.deepEqual(
      made.filter(({ code }) => !known.has(code)).map(({ code, path }) => `${path}: ${code}`),
      [],
    )
  })
})

/** `code: 'SOMETHING'` in any object. */
function codesMadeIn(module: Module): readonly Readonly<{ code: string; path: string }>[] {
  return module.nodes
    .filter((node) => node.type === 'ObjectExpression')
    .flatMap((node) => stringOf(memberOf(node, 'code')) ?? [])
    .filter((code) => /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+$/.test(code))
    .map((code) => ({ code, path: module.path }))
}

describe('the tables of errors', () => {
  test('are all read: one for each errors.ts, and none elsewhere', () => {
    const modules = [...readModulesBelow('src'), ...readModulesBelow('lab')]
    const tables = modules
      .filter((module) => /^export const \w+_ERRORS = \{/m.test(module.text))
      .map((module) => module.path)
    assert.deepEqual(errors.map((one) => one.path).toSorted(), tables.toSorted())
    assert.ok(tables.every((path) => path.endsWith('/errors.ts')))
  })

  test('no code stands in two of them', () => {
    assert.deepEqual(twice(codesOf(errors)), [])
  })

  test('say what could not be done and what to do about it', () => {
    assert.deepEqual(
      errors.flatMap((one) => problems(one)),
      [],
    )
  })

  test('a message without its action and an error without a remedy are found', () => {
    const spec = { retry: false, exit: EXIT.failed } as const
    const entries: ErrorTable = {
      FIRST_CODE: { ...spec, message: 'Engine is gone', remedy: 'start it' },
      SECOND_CODE: { ...spec, message: 'Cannot reach the engine: it is gone', remedy: ' ' },
      thirdCode: { ...spec, message: 'Cannot reach the engine', remedy: 'start it' },
    }
    assert.deepEqual(
      problems({ path: 'a/errors.ts', name: 'A_ERRORS', entries }).map((one) => one.split(':')[0]),
      ['FIRST_CODE', 'FIRST_CODE', 'SECOND_CODE', 'thirdCode', 'thirdCode'],
    )
  })
})

function problems({ entries }: Table<ErrorTable>): readonly string[] {
  return Object.entries(entries).flatMap(([code, { message, remedy }]) => [
    ...(/^[A-Z][A-Z0-9]*(_[A-Z0-9]+)*$/.test(code) ? [] : [`${code}: is not written in capitals`]),
    ...(message.startsWith('Cannot ') ? [] : [`${code}: the message does not start with "Cannot "`]),
    ...(message.includes(': ') ? [] : [`${code}: the message has no colon with the state behind it`]),
    ...(remedy.trim() === '' ? [`${code}: has no remedy`] : []),
  ])
}

describe('the findings', () => {
  test('have one meaning each: no code stands in two tables, or in a table and in the code', () => {
    const codes = readInlineCodes('finding').map((one) => one.code)
    assert.deepEqual(twice([...codesOf(findings), ...new Set(codes)]), [])
  })

  test('say what to do', () => {
    for (const { entries } of findings) {
      for (const [code, { meaning, remedy }] of Object.entries(entries)) {
        assert.ok(meaning.trim() !== '' && remedy.trim() !== '', code)
      }
    }
    for (const { code, remedy, severity } of readInlineCodes('finding')) {
      assert.ok(remedy !== '' && severity !== '', code)
    }
  })

  test('are found where the code is a literal, and where it is passed to the function that makes it', () => {
    const text = `
      const a = { code: 'ONE', severity: 'warn', subject: s, evidence: \`seen \${x} here\`, remedy: 'do' }
      function make(subject: string, code: string) {
        return { code, severity: bad ? 'refuse' : 'info', subject, evidence: 'b', remedy: 'c' }
      }
      make('x', 'TWO'); make('y', 'THREE')`
    assert.deepEqual(
      readInlineCodes('finding', [new Module('src/node/a.ts', text)]).map((one) => [
        one.code,
        one.severity,
        one.text,
      ]),
      [
        ['ONE', 'warn', 'seen … here'],
        ['THREE', 'refuse or info', 'b'],
        ['TWO', 'refuse or info', 'b'],
      ],
    )
  })

  test('whose code cannot be read are not passed over', () => {
    const text = `const a = { code: one(), severity: 'warn', subject: 's', evidence: 'e', remedy: 'r' }`
    assert.throws(() => readInlineCodes('finding', [new Module('src/node/a.ts', text)]), /cannot be read/)
  })
})

describe('docs/states.md', () => {
  const transitions = findTransitions()

  test('shows a way into every state and, from every working state, a way out', () => {
    const names = Object.keys(STATES) as StateName[]
    const unreached = names.filter(
      (name) => name !== 'fetching' && !transitions.some(({ to }) => to === name),
    )
    const stuck = names.filter((name) => !isStable(name) && !transitions.some(({ from }) => from === name))
    assert.deepEqual({ unreached, stuck }, { unreached: [], stuck: [] })
  })

  test('shows each state leaving for its target and for where failure leads', () => {
    for (const [name, spec] of Object.entries(STATES)) {
      if (spec.stable) continue
      const ways = transitions.filter(({ from }) => from === name).map(({ to }) => to)
      assert.ok(ways.includes(spec.target), `${name} → ${spec.target}`)
      assert.ok(ways.includes(spec.onFailure), `${name} → ${spec.onFailure}`)
    }
  })

  test('shows no way out of a state at rest', () => {
    assert.deepEqual(
      transitions.filter(({ from }) => isStable(from)),
      [],
    )
  })
})

for (const via of ['ironic', 'ironicTwice', 'nova'] as const) {
  describe(`docs/deployment-states.md, of deployments via ${via}`, () => {
    const ways = findDeployWays(via)
    const settled = (state: DeployState): DeployState =>
      isAtRest(state) || DEPLOY_EFFECTS[via][state].length > 0 ? state : settled(targetOf(state, via))
    const states = Object.entries(DEPLOY_STATES) as [DeployState, DeployStateSpec][]

    test('shows a way into every state, and none out of a state at rest', () => {
      const unreached = states
        .map(([name]) => name)
        .filter((name) => name !== 'examining' && !ways.some(({ to }) => to === name))
      // Where nothing is done in a state, it is passed.
      assert.deepEqual(
        unreached,
        states.map(([name]) => name).filter((name) => settled(name) !== name),
      )
      assert.deepEqual(
        ways.filter(({ from }) => isAtRest(from)),
        [],
      )
    })

    test('shows each state leaving for its target and for where failure leads', () => {
      for (const [name, spec] of states) {
        if (spec.stable || settled(name) !== name) continue
        const leads = ways.filter(({ from }) => from === name).map(({ to }) => to)
        for (const next of [targetOf(name as WorkState, via), spec.onFailure].map(settled)) {
          assert.ok(leads.includes(next), `${name} → ${next}`)
        }
      }
    })
  })
}
