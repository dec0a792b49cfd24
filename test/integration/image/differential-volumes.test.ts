import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { fat } from '../../differential/fat/index.ts'
import { lvm2 } from '../../differential/lvm2/index.ts'
import { partitionTable } from '../../differential/partition-table/index.ts'

const MOST_MS = 15_000

for (const [target, independent] of [
  [fat, 'mtools and blkid'],
  [lvm2, 'vgs, lvs and pvs'],
  [partitionTable, 'sfdisk'],
] as const) {
  test(`${target.name}: generated images are read as ${independent} read them`, async (t) => {
    const lacks = target.lacks()
    if (lacks !== undefined) return t.skip(lacks)
    const tally = await compareMany(target, { count: 40, seed: 1, until: Date.now() + MOST_MS })
    t.diagnostic(`${tally.images} images, ${tally.nodes} nodes compared`)
    assert.ok(tally.images > 0 && tally.nodes > 0)
    assert.deepEqual(tally.different, [])
  })
}
