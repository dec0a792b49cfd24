import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { runOne } from '../testing/index.ts'
import { nodeHistory } from './node-history.ts'

test('the history names the directory it is not in, and needs no engine', async (t) => {
  if (process.getuid?.() !== 0) return t.skip('needs root')
  const directory = mkdtempSync(join(tmpdir(), 'anneal-history-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const empty = await runOne(nodeHistory, '--state', directory)
  assert.equal(empty.stdout, `no run yet in "${directory}"\n`)
  const missing = await runOne(nodeHistory, '--state', join(directory, 'none'))
  assert.equal(missing.stdout, `no run yet in "${directory}/none", which does not exist\n`)
  assert.deepEqual([empty.exit, missing.exit], [0, 0])
})
