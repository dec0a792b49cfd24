import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readModulesBelow } from '../../scripts/source/index.ts'

const RECURSIVE = /\bmkdir(?:Sync)?\([^;]*?\brecursive: true/g

/** Node's own recursive mkdir does not end on some virtual file systems, and gives other reasons than the system. */
test('directories are made by adapters/folders', () => {
  const modules = readModulesBelow('src').filter(({ path }) => !path.endsWith('.test.ts'))
  assert.deepEqual(
    modules.flatMap(({ path, text }) => (text.match(RECURSIVE) ?? []).map((call) => `${path}: ${call}`)),
    [],
  )
  assert.equal('mkdirSync(dirname(path), { recursive: true })'.match(RECURSIVE)?.length, 1)
})
