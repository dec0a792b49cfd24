import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Host } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'

/** With ANNEAL_TEST_SUITE=trixie and ANNEAL_TEST_CGROUPS=v2 the engine waits (Docker 26); bookworm's gives up after two seconds. */
describe('the output of a container', () => {
  let node: ComputeNode
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(chosenHost({ name: 'output-held', engine: 'docker', init: 'systemd', images: [IMAGE] })),
      'docker',
    )
    await node.expect(0, 'node', 'upgrade', await node.lock({ mark: 'one' }))
  })
  after(() => node?.down())

  /** Starts one outside that writes to the container's output, and gives its pid. */
  const hold = async (container: string): Promise<string> => {
    const first = (await node.host.sh(`docker inspect --format '{{.State.Pid}}' ${container}`)).trim()
    const started = await node.host.sh(
      `setsid sh -c 'exec sleep 7300001 </dev/null >/proc/${first}/fd/1 2>&1' >/dev/null 2>&1 & echo $!`,
    )
    return started.trim()
  }

  /** Runs one in the container, and moves it out. */
  const moveOut = async (container: string): Promise<string> => {
    const find = 'for n in $(seq 50); do pgrep -xf "sleep 7300002" && break; sleep 0.1; done'
    const pid = (await node.host.sh(`docker exec --detach ${container} sleep 7300002; ${find}`)).trim()
    await node.host.sh(
      `for group in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do echo ${pid} 2>/dev/null >"$group" || true; done`,
    )
    return pid
  }

  for (const [what, start] of [
    ['a process outside of a container that writes to its output', hold],
    ['a command that was run in a container and was moved out of it', moveOut],
  ] as const)
    test(`${what} refuses a plan where the engine would wait for it, and not where the engine does not`, async (t) => {
      const version = (await node.host.sh("docker version --format '{{.Server.Version}}'")).trim()
      t.diagnostic(`Docker ${version}`)
      const container = await node.container()
      const pid = await start(container)
      const next = await node.lock({ mark: start.name })
      if (Number.parseInt(version, 10) > 20) {
        const refusals = await node.refusals(next)
        assert.deepEqual(
          refusals.map(({ code, subject }) => `${code} ${subject}`),
          [`OUTPUT_HELD ${container}`],
        )
      } else await node.expect(0, 'node', 'plan', next)
      await node.host.sh(`kill ${pid}`)
      await node.expect(0, 'node', 'upgrade', next)
    })
})
