import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { grub } from '../../differential/grub/index.ts'
import { systemdBoot } from '../../differential/systemd-boot/index.ts'

const MOST_MS = 40_000

test('grub: generated configurations boot what GRUB itself boots', async (t) => {
  const lacks = grub.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(grub, { count: 30, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} configurations, ${tally.nodes} runs compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})

test('systemd-boot: generated partitions have the entries, order and default of bootctl', async (t) => {
  const lacks = systemdBoot.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  const tally = await compareMany(systemdBoot, { count: 60, seed: 1, until: Date.now() + MOST_MS })
  t.diagnostic(`${tally.images} partitions, ${tally.nodes} entries and defaults compared`)
  assert.ok(tally.images > 0 && tally.nodes > 0)
  assert.deepEqual(tally.different, [])
})
