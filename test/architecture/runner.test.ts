import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { ROOT } from '../../scripts/source/index.ts'
import { TIERS } from '../../scripts/test/index.ts'

/** The program that runs all tests, tested itself: what it does not count, nobody sees. */
const INDEX = fileURLToPath(new URL('../../scripts/test/index.ts', import.meta.url))

let dir = ''
before(() => {
  dir = mkdtempSync(join(tmpdir(), 'anneal-tier-'))
})
after(() => rmSync(dir, { recursive: true, force: true }))

type Told = Readonly<{
  line: string
  failed: readonly string[]
  why: readonly string[]
  skipped: readonly (readonly string[])[]
}>

/** Runs a test file in a process of its own: a runner inside of a test runs nothing. */
function told(
  text: string | undefined,
  limits: Readonly<{ timeoutMs?: number; deadlineMs?: number; oneProcess?: boolean; parts?: number }> = {},
  inTurn?: Readonly<{ turn: number; turns: readonly (readonly (readonly string[])[])[] }>,
): Told {
  const file = join(dir, 'some.test.mjs')
  if (text === undefined) rmSync(file, { force: true })
  else writeFileSync(file, `import { after, before, describe, test } from 'node:test'\n${text}`)
  const tier = {
    name: 'some',
    files: [file],
    lanes: 1,
    oneProcess: false,
    timeoutMs: 20_000,
    deadlineMs: 180_000,
    ...limits,
    ...(inTurn === undefined ? {} : { turns: inTurn.turns }),
  }
  const driver = `
    import { Tally, runTier } from ${JSON.stringify(INDEX)}
    const tally = new Tally(${JSON.stringify(dir)})
    const tier = ${JSON.stringify(tier)}
    await runTier(tier, tally, new AbortController().signal, ${JSON.stringify({ turn: inTurn?.turn })})
    const failed = tally.failed.map(({ name }) => name)
    const why = tally.failed.map(({ reason }) => reason)
    const skipped = tally.skipped.map(({ name, reason }) => [name, reason])
    console.log('\\n' + JSON.stringify({ line: tally.line(), failed, why, skipped }))`
  const program = join(dir, 'driver.mjs')
  writeFileSync(program, driver)
  const { NODE_TEST_CONTEXT: _, ...env } = process.env
  const output = execFileSync(process.execPath, [program], { env, encoding: 'utf8' })
  return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Told
}

test('tests that pass are counted, their suites are not', () => {
  const { line } = told(`test('one', () => {}); describe('many', () => { test('two', () => {}) })`)
  assert.equal(line, '2 passed, 0 failed, 0 skipped')
})

test('tests that share one process are counted the same, and a file that cannot be loaded has failed', () => {
  const { line, failed } = told(
    `test('one', () => {}); describe('many', () => { test('bad', () => { throw new Error('x') }) })`,
    { oneProcess: true },
  )
  assert.equal(line, '1 passed, 1 failed, 0 skipped')
  assert.deepEqual(failed, ['bad'])
  assert.match(told(`import './nowhere.mjs'`, { oneProcess: true }).line, /^0 passed, 1 failed/)
})

test('tests that share processes are counted the same, each held to its own time', () => {
  const parts = { oneProcess: true, parts: 2 }
  const { line, failed } = told(
    `test('one', () => {}); describe('many', () => { test('bad', () => { throw new Error('x') }) })`,
    parts,
  )
  assert.equal(line, '1 passed, 1 failed, 0 skipped')
  assert.deepEqual(failed, ['bad'])
  assert.match(told(`import './nowhere.mjs'`, parts).line, /^0 passed, 1 failed/)
  const slow = `const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
    for (const name of ['one', 'two']) test(name, () => sleep(800)); test('slow', () => sleep(4000))`
  assert.deepEqual(told(slow, { ...parts, timeoutMs: 1500 }).failed, ['slow'])
})

test('a failed test is counted once, not again for its suite', () => {
  const { line, failed } = told(`
    describe('many', () => { test('good', () => {}); test('bad', () => { throw new Error('x') }) })`)
  assert.equal(line, '1 passed, 1 failed, 0 skipped')
  assert.deepEqual(failed, ['bad'])
})

test('a failed test is listed with what it threw, and a long message is cut', () => {
  const { why } = told(`test('one', () => { throw new Error('six\\nof seven') })
    test('two', () => { throw new Error(Array.from({ length: 100 }, (_, line) => line).join('\\n')) })`)
  assert.equal(why[0], 'six\nof seven')
  assert.match(why[1] ?? '', /^0\n1\n.*\n23 …$/s)
})

test('what is skipped or still to be done never counts as passed, and tells why', () => {
  const { line, skipped } = told(`
    test('one', { skip: 'needs podman' }, () => {})
    test('two', (t) => t.skip('needs root'))
    test.todo('three')
    describe('four', { skip: 'needs a kernel' }, () => { test('five', () => {}) })`)
  assert.equal(line, '0 passed, 0 failed, 4 skipped')
  assert.deepEqual(skipped, [
    ['one', 'needs podman'],
    ['two', 'needs root'],
    ['three', 'no reason given'],
    ['four', 'needs a kernel'],
  ])
})

test('a file that cannot be loaded has failed', () => {
  assert.equal(told(`import './nowhere.mjs'`).line, '0 passed, 1 failed, 0 skipped')
})

test('a failing set-up fails the suite', () => {
  const { line } = told(
    `describe('many', () => { before(() => { throw new Error('x') }); test('a', () => {}) })`,
  )
  assert.match(line, /^0 passed, [12] failed, 0 skipped$/)
})

test('a test that does not end within its time has failed', () => {
  const { line } = told(`test('slow', () => new Promise((resolve) => setTimeout(resolve, 2000)))`, {
    timeoutMs: 300,
  })
  assert.match(line, /^0 passed, [12] failed, 0 skipped$/)
})

test('a file that never ends is ended, and has failed', () => {
  const { line } = told(`test('one', () => {}); setInterval(() => {}, 1000)`, { deadlineMs: 6000 })
  assert.equal(line, '1 passed, 1 failed, 0 skipped')
})

test('nothing of what a file tells is lost', () => {
  const { line } = told(`for (let i = 0; i < 3000; i += 1) test('test ' + i, () => {})`)
  assert.equal(line, '3000 passed, 0 failed, 0 skipped')
})

test('a file that holds no test has failed', () => {
  const { line, failed } = told('')
  assert.equal(line, '0 passed, 1 failed, 0 skipped')
  assert.deepEqual(failed, ['file'])
})

test('a tier that has lost its files has failed', () => {
  const { line, failed } = told(undefined)
  assert.equal(line, '0 passed, 1 failed, 0 skipped')
  assert.deepEqual(failed, ['some'])
})

test('one alternative of files that take turns runs, and the others count as skipped', () => {
  const here = join(dir, 'some.test.mjs')
  const turns = [[[here], ['test/another.test.ts']]]
  const first = told(`test('one', () => {})`, {}, { turn: 20, turns })
  assert.deepEqual(
    [first.line, first.skipped.map(([name]) => name)],
    ['1 passed, 0 failed, 1 skipped', ['test/another.test.ts']],
  )
  const second = told(`test('one', () => {})`, {}, { turn: 21, turns })
  assert.deepEqual([second.line, second.failed], ['0 passed, 1 failed, 0 skipped', ['some']])
})

test('files that take turns are files that there are', () => {
  for (const path of TIERS.flatMap(({ turns = [] }) => turns.flat(2)))
    assert.ok(existsSync(join(ROOT, path)), path)
})
