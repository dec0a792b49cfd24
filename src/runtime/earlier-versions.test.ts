import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { SimulatedNode } from '../adapters/simulated/index.ts'
import type { NodeSnapshot } from '../adapters/simulated/index.ts'
import { runDeployment } from './metal/run-deployment.ts'
import { DEPLOYMENT_CASES } from '../../test/fixtures/deployment-cases.ts'
import { deploymentOptions } from './metal/testing/deployment-options.ts'
import type { MetalSnapshot } from './metal/testing/fake-metal.ts'
import { recoverNode } from './node/recovery/settle-node.ts'
import { restOfDeployment, restOfNode } from '../../test/fixtures/rest.ts'
import type { DeploymentRest, NodeRest } from '../../test/fixtures/rest.ts'

type UpgradeCrash = Readonly<{
  scenario: string
  at: number
  boundary: string
  left: NodeSnapshot
  rest: NodeRest
}>
type DeploymentCrash = Readonly<{ case: string; at: number; left: MetalSnapshot; rest: DeploymentRest }>

const FIXTURES = join(import.meta.dirname, 'fixtures/journals')

function read(version: string, name: string): readonly unknown[] {
  const text = gunzipSync(readFileSync(join(FIXTURES, version, name))).toString()
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]))
}

/** As a recording holds it: without members that are undefined. */
function asJson(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}

const VERSIONS = readdirSync(FIXTURES).filter((name) => !name.endsWith('.md'))

test('runs of earlier versions were recorded', () => {
  assert.ok(VERSIONS.length > 0)
})

for (const version of VERSIONS) {
  describe(`a run that the version of ${version} left`, () => {
    test('is an upgrade: it comes to the same rest as with that version', async () => {
      const crashes = read(version, 'upgrade.jsonl.gz') as readonly UpgradeCrash[]
      assert.ok(crashes.length > 50, String(crashes.length))
      for (const { scenario, at, boundary, left, rest } of crashes) {
        const node = SimulatedNode.restored(left)
        await recoverNode(node.world())
        assert.deepEqual(asJson(restOfNode(node)), rest, `${scenario}, crash ${at} ${boundary}`)
      }
    })

    test('is a deployment: the same command finishes it as that version did', async () => {
      const crashes = read(version, 'deployment.jsonl.gz') as readonly DeploymentCrash[]
      assert.ok(crashes.length > 20, String(crashes.length))
      for (const { case: name, at, left, rest } of crashes) {
        const found = DEPLOYMENT_CASES.find((one) => one.name === name)
        assert.ok(found, name)
        const fake = found.restored(left)
        const report = await runDeployment(fake.world, found.plan, deploymentOptions())
        assert.deepEqual(asJson(restOfDeployment(fake, report)), rest, `${name}, crash ${at}`)
      }
    })
  })
}
