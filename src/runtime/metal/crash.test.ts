import assert from 'node:assert/strict'
import { test } from 'node:test'
import { crashAtEveryBoundary } from '../../saga/index.ts'
import { DEPLOYMENT_CASES } from '../../../test/fixtures/deployment-cases.ts'
import { runDeployment } from './run-deployment.ts'
import { deploymentOptions as options } from './testing/deployment-options.ts'

/** What Ironic and Nova are asked for on each way, once each, however often the program dies. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  ramdisk: ['active'],
  'direct+ramdisk': ['active', 'rebuild'],
  nova: ['created server-1'],
}

for (const { name, plan, prepare } of DEPLOYMENT_CASES) {
  test(`a deployment by ${name} that is killed at any boundary is finished by the same command`, async () => {
    const boundaries = await crashAtEveryBoundary({
      prepare,
      points: ({ points }) => points,
      run: (fake) => runDeployment(fake.world, plan, options()),
      recover: async (fake) => {
        const report = await runDeployment(fake.world, plan, options())
        assert.equal(report.outcome, 'ready', JSON.stringify(report.reason))
      },
      assertAtRest: ({ done, compute }, told) => {
        const asked = [...done, ...compute.done].filter((one) => one !== 'change')
        assert.deepEqual(asked, ASKED[name], told)
      },
    })
    assert.ok(boundaries > 5, String(boundaries))
  })
}
