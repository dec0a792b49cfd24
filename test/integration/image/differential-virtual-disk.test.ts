import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compareMany } from '../../differential/compare-many.ts'
import { vdi, vhd, vhdx, vmdk } from '../../differential/virtual-disk/index.ts'

const IMAGES = 25
const MOST_MS = 4000

for (const target of [vdi, vhd, vhdx, vmdk]) {
  test(`${target.name} reads as qemu-img reads it, on generated images`, async (t) => {
    const lacks = target.lacks()
    if (lacks !== undefined) return t.skip(lacks)
    const tally = await compareMany(target, { count: IMAGES, seed: 1, until: Date.now() + MOST_MS })
    t.diagnostic(`${tally.images} images compared`)
    assert.ok(tally.images > 0)
    assert.deepEqual(tally.different, [])
  })
}
