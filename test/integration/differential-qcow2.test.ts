import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { qcow2 } from '../differential/qcow2/index.ts'

/** More with ANNEAL_IMAGES=1000, others with ANNEAL_SEED=5000. */
const IMAGES = Number(process.env['ANNEAL_IMAGES'] ?? 60)
const SEED = Number(process.env['ANNEAL_SEED'] ?? 1)

test(`${IMAGES} random qcow2 images read as qemu-img reads them`, async (t) => {
  const lacks = qcow2.lacks()
  if (lacks !== undefined) return t.skip(lacks)
  for (let seed = SEED; seed < SEED + IMAGES; seed += 1) {
    const directory = mkdtempSync(join(tmpdir(), 'anneal-differential-qcow2-'))
    try {
      const { made, differences } = await qcow2.compare(seed, directory)
      assert.deepEqual(differences, [], `seed ${seed}: ${made}`)
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
})
