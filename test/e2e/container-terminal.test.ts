import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, imageReference } from '../../lab/index.ts'
import { ENGINE, chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'
/** Processes of a container, each by the seconds that it sleeps. */
const KINDS = { foreground: 7400001, session: 7400002, background: 7400003 } as const
const FIRST = `trap 'exit 0' TERM; sleep ${KINDS.foreground} & setsid sleep ${KINDS.session} & (set -m; sleep ${KINDS.background} &); while :; do sleep 1000 & wait $!; done`

type KillSets = Readonly<{ killSets: readonly Readonly<{ doomed: readonly Readonly<{ pid: number }>[] }>[] }>

describe('processes of a container with a terminal that are in none of its cgroups any more', () => {
  let node: ComputeNode
  before(async () => {
    const spec = {
      name: `container-terminal-${ENGINE}`,
      engine: ENGINE,
      init: 'systemd',
      images: [IMAGE],
    } as const
    node = await ComputeNode.on(await Host.up(chosenHost(spec)), ENGINE)
    await node.write('/root/first.sh', FIRST)
    await node.host.sh(
      `${ENGINE} run --detach --tty --name shell --privileged --pid host --network host --cgroupns host --volume /root:/root --entrypoint bash ${imageReference(IMAGE)} /root/first.sh`,
    )
  })
  after(() => node?.down())

  const pidOf = async (seconds: number): Promise<number> =>
    Number((await node.host.sh(`pgrep -xf "sleep ${seconds}" || true`)).trim())

  test('end with it as the kill set says: who is in the foreground, and nobody else', async () => {
    const pids = new Map<string, number>()
    for (const [kind, seconds] of Object.entries(KINDS)) {
      for (let tries = 0; tries < 50 && (await pidOf(seconds)) === 0; tries += 1) await sleep(200)
      const pid = await pidOf(seconds)
      assert.ok(pid > 0, kind)
      await node.host.sh(
        `for group in /sys/fs/cgroup/cgroup.procs /sys/fs/cgroup/*/cgroup.procs; do echo ${pid} 2>/dev/null >"$group" || true; done`,
      )
      pids.set(kind, pid)
    }
    const { value } = await node.anneal<KillSets>(['node', 'kill-set', 'shell'])
    const doomed = new Set(value.killSets.flatMap((one) => one.doomed.map(({ pid }) => pid)))
    const said = [...pids].flatMap(([kind, pid]) => (doomed.has(pid) ? [kind] : []))
    await node.host.must([ENGINE, 'stop', '--time', '2', 'shell'])
    await sleep(1000)
    const gone: string[] = []
    for (const [kind, seconds] of Object.entries(KINDS)) if ((await pidOf(seconds)) === 0) gone.push(kind)
    assert.deepEqual(said, ['foreground'])
    assert.deepEqual(gone, said)
  })
})
