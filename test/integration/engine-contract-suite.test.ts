/**
 * The engine contract against the engines of another Debian suite, another one each day. `npm run suites` runs all of them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contractOn, suiteInTurn } from '../suites/contract-on.ts'
import { missing } from './engine-contract-bed.ts'

const suite = suiteInTurn(Date.now())
const skip = missing(['mmdebstrap', 'unshare', 'pivot_root', 'docker-registry']) ?? false

test(`Docker and Podman of ${suite} keep the contract, whose turn it is today`, { skip }, async (t) => {
  const { passed, failed, skipped, output } = await contractOn(suite)
  t.diagnostic(`engine contract on ${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  assert.equal(failed, 0, output)
  assert.ok(passed > 0, output)
})
