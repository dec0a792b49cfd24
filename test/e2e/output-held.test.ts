import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Host } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'

/** With ANNEAL_TEST_SUITE=trixie and ANNEAL_TEST_CGROUPS=v2 the engine waits (Docker 26); bookworm's gives up after two seconds. */
describe('a process outside of a container that holds its output', () => {
  let node: ComputeNode
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(chosenHost({ name: 'output-held', engine: 'docker', init: 'systemd', images: [IMAGE] })),
      'docker',
    )
    await node.expect(0, 'node', 'upgrade', await node.lock({ mark: 'one' }))
  })
  after(() => node?.down())

  /** Starts one outside, and gives its pid. */
  const hold = async (container: string): Promise<string> => {
    const first = (await node.host.sh(`docker inspect --format '{{.State.Pid}}' ${container}`)).trim()
    const started = await node.host.sh(
      `setsid sh -c 'exec sleep 7300001 </dev/null >/proc/${first}/fd/1 2>&1' >/dev/null 2>&1 & echo $!`,
    )
    return started.trim()
  }

  test('refuses a plan where the engine would wait for it, and not where the engine does not', async (t) => {
    const version = (await node.host.sh("docker version --format '{{.Server.Version}}'")).trim()
    t.diagnostic(`Docker ${version}`)
    const container = await node.container()
    const holder = await hold(container)
    const next = await node.lock({ mark: 'two' })
    if (Number.parseInt(version, 10) > 20) {
      const refusals = await node.refusals(next)
      assert.deepEqual(
        refusals.map(({ code, subject }) => `${code} ${subject}`),
        [`OUTPUT_HELD ${container}`],
      )
    } else await node.expect(0, 'node', 'plan', next)
    await node.host.sh(`kill ${holder}`)
    await node.expect(0, 'node', 'upgrade', next)
  })
})
