import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, byHandArguments, startGuest, virsh, waitForLibvirt } from '../../lab/index.ts'
import type { Guest, NestedEngine } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { unitState } from '../integration/node/support/kolla-unit.ts'

const NAME = 'nova_libvirt'
const IMAGE = 'nova-libvirt:bookworm'
const UNIT = `kolla-${NAME}-container.service`
/** Seconds that nobody else sleeps: what ExecStartPre= and ExecStartPost= leave behind. */
const [PRE, POST] = ['7100001', '7100002']

type KillSets = Readonly<{
  killSets: readonly Readonly<{
    doomed: readonly Readonly<{ pid: number; name: string; mechanisms: readonly string[] }>[]
  }>[]
  endangered: readonly Readonly<{ name: string; kind: string; mechanisms: readonly string[] }>[]
}>

/** As Kolla's, with a helper beside the container, and a directory of systemd's that the guests' state is in. */
function unitWith(engine: NestedEngine, killMode: 'control-group' | 'process'): string {
  return `[Service]
ExecStartPre=/bin/sh -c "setsid sleep ${PRE} >/dev/null 2>&1 &"
ExecStart=/usr/bin/${engine} start -a ${NAME}
ExecStartPost=/bin/sh -c "setsid sleep ${POST} >/dev/null 2>&1 &"
ExecStop=/usr/bin/${engine} stop -t 60 ${NAME}
Restart=always
RestartSec=11
RuntimeDirectory=libvirt
KillMode=${killMode}

[Install]
WantedBy=multi-user.target
`
}

for (const engine of ['docker', 'podman'] as const) {
  describe(`what else is in the cgroup of the unit that runs libvirt’s container, on ${engine}`, () => {
    let node: ComputeNode
    let file: string
    before(async () => {
      node = await ComputeNode.on(
        await Host.up(
          chosenHost({ name: `unit-cgroup-${engine}`, engine, init: 'systemd', images: [IMAGE] }),
        ),
        engine,
      )
      await node.host.must([engine, 'create', ...byHandArguments({ name: NAME, image: IMAGE, engine })])
      file = await node.lock({ mark: 'one' })
    })
    after(() => node?.down())

    const begin = async (killMode: 'control-group' | 'process'): Promise<void> => {
      await node.write(`/etc/systemd/system/${UNIT}`, unitWith(engine, killMode))
      await node.host.sh(`systemctl daemon-reload; systemctl enable --now ${UNIT}`)
      await waitForLibvirt(node.host, NAME, engine)
    }
    const pidOf = async (seconds: string): Promise<number> =>
      Number((await node.host.sh(`pgrep -xf "sleep ${seconds}" || true`)).trim())
    const guestNamed = async (name: string): Promise<Alive> => {
      await startGuest(node.host, { name, via: NAME, engine })
      return node.alive({ name } as Guest)
    }
    /** To where a process of the unit is. */
    const moveIntoUnit = async ({ pid }: Alive): Promise<void> => {
      await node.host.sh(
        `group=$(systemctl show --value --property=ControlGroup ${UNIT}); for top in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do [ ! -e $top/cgroup.procs ] || [ ! -d $top$group ] || echo ${pid} >$top$group/cgroup.procs; done`,
      )
    }
    const living = async (...pids: readonly (number | string)[]): Promise<number> =>
      (await node.host.sh(`ps -o pid= -p ${pids.join(',')} || true`)).split('\n').filter(Boolean).length
    const asked = async (): Promise<readonly (readonly [number, readonly string[]])[]> => {
      const { value } = await node.anneal<KillSets>(['node', 'kill-set', NAME])
      return value.killSets.flatMap(({ doomed }) =>
        doomed.map(({ pid, mechanisms }) => [pid, mechanisms] as const),
      )
    }
    /** Pid of the container's first process. */
    const run = async (): Promise<string> =>
      (await node.host.sh(`${engine} inspect --format '{{.State.Pid}}' ${NAME}`)).trim()
    const names = (all: Awaited<ReturnType<typeof asked>>, pid: number | string): boolean =>
      all.some((one) => one[0] === Number(pid) && one[1].includes('unitCgroup'))

    test('the kill set names the guest and the helper there, a rescue moves a guest out, and those left end with the container', async (t) => {
      await begin('control-group')
      const rescued = await guestNamed('rescued')
      await moveIntoUnit(rescued)
      assert.ok(names(await asked(), rescued.pid))
      await node.expect(0, 'node', 'rescue', NAME)
      const doomed = await guestNamed('doomed')
      await moveIntoUnit(doomed)
      const [pre, post] = [await pidOf(PRE), await pidOf(POST)]
      t.diagnostic(`of ExecStartPre= ${pre === 0 ? 'nobody is left' : `process ${pre} is left`}`)
      assert.ok(post > 0)
      const said = await asked()
      assert.ok(!names(said, rescued.pid), JSON.stringify(said))
      for (const pid of [post, doomed.pid, ...(pre === 0 ? [] : [pre])])
        assert.ok(names(said, pid), `${pid} of ${JSON.stringify(said)}`)
      await node.host.must([engine, 'stop', '--time', '5', NAME])
      await sleep(8000)
      assert.equal(await living(rescued.pid), 1)
      // Podman's client waits on now and then for those that were started in the container: then the unit has not ended yet.
      const lasts = engine === 'podman' && (await unitState(node, UNIT))[0] === 'active'
      t.diagnostic(`the unit ${lasts ? 'waits for the guests' : 'has ended'}`)
      if (lasts) await node.host.sh(`systemctl kill --kill-who=main --signal=SIGKILL ${UNIT}; sleep 5`)
      assert.equal(await living(post, doomed.pid), 0)
      // With the unit its RuntimeDirectory= went, and libvirt’s memory of the guest: Anneal refuses a node with such a guest.
      await node.host.sh(`kill -KILL ${rescued.pid}`)
    })

    test('a unit that leaves the rest alone kills nobody', async () => {
      await node.host.sh(`systemctl disable --now ${UNIT}; pkill -xf 'sleep 710000[12]' || true`)
      await begin('process')
      const post = await pidOf(POST)
      assert.ok(!names(await asked(), post))
      await node.host.must([engine, 'stop', '--time', '5', NAME])
      await sleep(5000)
      assert.equal(await living(post), 1)
      await node.host.sh(`systemctl disable --now ${UNIT}; kill -KILL $(pgrep -xf 'sleep 710000[12]')`)
    })

    test('adopted and rolled back: guest, helper and the directory of the unit stay, and the unit keeps the container running', async (t) => {
      await begin('control-group')
      const kept = await guestNamed('kept')
      const post = await pidOf(POST)
      await node.expect(0, 'node', 'upgrade', file, '--adopt', `libvirt=${NAME}`)
      const [state, ...armed] = await unitState(node, UNIT)
      // Podman's client may wait for as long as a guest that was started in the container lives.
      t.diagnostic(`the disarmed unit is ${state}`)
      if (engine === 'docker') assert.equal(state, 'inactive')
      assert.deepEqual(armed, ['no', 'enabled'])
      assert.equal(await living(post), 1)
      await node.assertUntouched(kept)
      await node.expect(0, 'node', 'rollback')
      assert.deepEqual(await unitState(node, UNIT), ['active', 'always', 'enabled'])
      assert.equal(await living(post), 1)
      await node.assertUntouched(kept, 'down')
      const seen = await virsh(node.host, NAME, ['domstate', kept.name], { engine })
      assert.equal(seen.stdout.trim(), 'running')
      const started = await run()
      // Whatever waited for the container's earlier run ends with the guest that was started in it.
      await node.host.must([engine, 'exec', NAME, 'virsh', 'destroy', kept.name])
      await sleep(5000)
      assert.deepEqual(await unitState(node, UNIT), ['active', 'always', 'enabled'])
      assert.equal(await run(), started, 'nobody stopped it')
      await node.host.must([engine, 'stop', '--time', '5', NAME])
      for (let n = 0; n < 120 && ['0', started].includes(await run()); n++) await sleep(1000)
      assert.ok(!['0', started].includes(await run()), 'its unit has started it again')
    })
  })
}
