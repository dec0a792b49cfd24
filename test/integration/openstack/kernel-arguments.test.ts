import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { findParsers, kernelArguments } from '../../differential/kernel-arguments/index.ts'
import { unpackPackages } from '../../fixtures/debian-package.ts'

for (const [suite, rules] of [
  ['bookworm', 'upTo29'],
  ['trixie', 'upTo29'],
  ['sid', 'from35'],
] as const) {
  test(`kernel arguments are refused exactly where the Ironic of ${suite} refuses them`, async (t) => {
    const directory = await mkdtemp(join(tmpdir(), 'anneal-ironic-'))
    t.after(() => rm(directory, { recursive: true, force: true }))
    const root = await unpackPackages(directory, suite, ['python3-ironic', 'python3-lark'])
    if (root === undefined) return t.skip(`needs a mirror of Debian with ${suite}`)
    const parsers = findParsers([root])
    assert.deepEqual(
      parsers.map((one) => one.rules),
      [rules],
    )
    const tally = await compareMany(
      kernelArguments(() => parsers),
      { count: 4, seed: 1 },
    )
    t.diagnostic(`${tally.nodes} of ${tally.images * 300} lines accepted`)
    assert.ok(tally.nodes > 300)
    assert.deepEqual(tally.different, [])
  })
}
