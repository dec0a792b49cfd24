/**
 * The engine contract against the engines of another Debian suite, another one each day. `npm run suites` runs all of them.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contractOn, suiteInTurn } from '../../suites/contract-on.ts'
import { missing } from './bed.ts'

const suite = suiteInTurn(Date.now())
const none =
  suite === undefined ? 'the tree of another suite takes ten minutes to make (npm run suites)' : undefined
const skip = none ?? missing(['mmdebstrap', 'unshare', 'pivot_root', 'docker-registry']) ?? false

test(`Docker and Podman of ${suite ?? 'another suite'} keep the contract`, { skip }, async (t) => {
  assert.ok(suite)
  const { passed, failed, skipped, output } = await contractOn(suite)
  t.diagnostic(`engine contract on ${suite}: ${passed} passed, ${failed} failed, ${skipped} skipped`)
  assert.equal(failed, 0, output)
  assert.ok(passed > 0, output)
})
