import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  Host,
  OVS_IMAGES,
  OpenVSwitchBed,
  guestLife,
  ovsRelease,
  startGuest,
  virsh,
  waitForPing,
  watchLife,
} from '../../lab/index.ts'
import type { GuestLife, NestedEngine, OvsRelease } from '../../lab/index.ts'
import type { RunReport } from '../../src/runtime/node/index.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { assertNothingLost, lifeLine } from '../integration/node/support/nothing-lost.ts'

const EXAMPLE = '/opt/anneal/examples/compute-ovs/compose.yaml'

type Planned = Readonly<{
  plan: Readonly<{ actions: readonly Readonly<{ action: string; service: string; because?: string }>[] }>
  check: Readonly<{ findings: readonly Readonly<{ code: string; severity: string }>[] }>
}>

/**
 * The shipped release with Open vSwitch, real: its daemons with the datapath in user space, Neutron's agent with a Neutron, and
 * a guest whose port Neutron has bound and the agent has wired. One host and one story.
 */
for (const engine of ['docker', 'podman'] as const satisfies readonly NestedEngine[]) {
  describe(`a node with Open vSwitch on ${engine}`, { concurrency: false }, () => {
    const name = `${engine}-ovs`
    let node: ComputeNode
    let bed: OpenVSwitchBed
    let life: GuestLife
    let alive: Alive
    let example = ''

    before(async () => {
      const host = await Host.up({ name, init: 'systemd', engine, images: OVS_IMAGES })
      node = await ComputeNode.on(host, engine)
      bed = await OpenVSwitchBed.up(host, engine)
      example = await host.must(['cat', EXAMPLE])
    })
    after(async () => {
      await node?.down()
    })

    test('the example comes up, and Neutron sees its agent wire a guest’s port', async () => {
      await node.expect(0, 'node', 'upgrade', await lock({ mark: 'one', libvirt: 'bookworm' }))
      life = await bed.addPorts(name, guestLife(1), await node.container('vswitchd'))
      const via = await node.container()
      const guest = await startGuest(node.host, { name, via, engine, life })
      await bed.waitUntilActive(life.neutronPort ?? '')
      await waitForPing(node.host, life.address)
      alive = await node.alive(guest)
      const bridge = ['get', 'bridge', life.bridge, 'datapath_type', 'fail_mode']
      assert.equal(await ovs('ovs-vsctl', ...bridge), 'netdev\nsecure')
      assert.match(await ovs('ovs-appctl', 'dpif/show'), /netdev@ovs-netdev[\s\S]*vnet0/)
    })

    test('an upgrade of libvirt and the agent leaves Open vSwitch alone, and no packet is lost', async (t) => {
      const file = await lock({ mark: 'two', libvirt: 'bookworm-backports' })
      const { plan } = await node.expect<Planned>(0, 'node', 'plan', file)
      assert.deepEqual(
        plan.actions.map(({ action, service, because }) =>
          [action, service, because].filter(Boolean).join(' '),
        ),
        [
          'keep ovsdb unchanged',
          'keep vswitchd unchanged',
          'replace virtlogd',
          'replace libvirt',
          'replace network',
        ],
      )
      const earlier = await switchProcesses()
      await assertNothingLost(t, node.host, name, life, 'asIdle', () =>
        node.expect<RunReport>(0, 'node', 'upgrade', file),
      )
      await node.assertUntouched(alive)
      assert.deepEqual(await switchProcesses(), earlier)
      const version = await virsh(node.host, await node.container(), ['version', '--daemon'], { engine })
      assert.match(version.stdout, /daemon: 11\.3/)
      assert.equal((await bed.port(life.neutronPort ?? '')).status, 'ACTIVE')
    })

    test('another Open vSwitch waits until no guest runs', async () => {
      const file = await lock({ mark: 'two', libvirt: 'bookworm-backports', switchMark: 'second' })
      const { plan } = await node.expect<Planned>(0, 'node', 'plan', file)
      assert.deepEqual(
        plan.actions.filter(({ because }) => because === 'guestsNeedIt').map(({ service }) => service),
        ['ovsdb', 'vswitchd'],
      )
      const { findings } = await node.expect<{ findings: Planned['check']['findings'] }>(3, 'node', 'doctor')
      assert.ok(findings.some(({ code, severity }) => code === 'SWITCH_STOPS' && severity === 'info'))
    })

    test('the plan warns of a switch that is replaced anyway, and the guest’s network comes back', async (t) => {
      // What may be lost is said by the release that runs: the first upgrade replaces nothing.
      const spec = { mark: 'two', libvirt: 'bookworm-backports', switchReplaced: 'always' } as const
      const refused = await node.expect<Planned>(
        3,
        'node',
        'plan',
        await lock({ ...spec, switchMark: 'third' }),
      )
      assert.ok(refused.check.findings.some(({ code }) => code === 'SWITCH_STOPS'))
      await node.expect<RunReport>(0, 'node', 'upgrade', await lock(spec))
      const file = await lock({ ...spec, switchMark: 'third' })
      const { check } = await node.expect<Planned>(0, 'node', 'plan', file)
      assert.ok(check.findings.some(({ code, severity }) => code === 'SWITCH_STOPS' && severity === 'warn'))
      const during = await watchLife(node.host, name, life, async () => {
        await node.expect<RunReport>(0, 'node', 'upgrade', file)
        await waitForPing(node.host, life.address)
      })
      t.diagnostic(`switch of Open vSwitch: ${lifeLine(during)}`)
      assert.ok(during.packetsLost > 0, 'a datapath in user space is away with its process')
      await node.assertUntouched(alive)
    })

    test('where no guest runs, Open vSwitch is replaced as any service', async () => {
      await virsh(node.host, await node.container(), ['destroy', name], { engine })
      const file = await lock({ mark: 'two', libvirt: 'bookworm-backports', switchMark: 'second' })
      const earlier = await switchProcesses()
      await node.expect<RunReport>(0, 'node', 'upgrade', file)
      const now = await switchProcesses()
      assert.notEqual(now[0], earlier[0])
      assert.notEqual(now[1], earlier[1])
      assert.equal(await ovs('ovs-vsctl', 'br-exists', life.bridge), '')
      await node.assertAtRest()
    })

    async function lock(spec: OvsRelease): Promise<string> {
      const file = `/etc/anneal/${spec.mark}-${spec.switchMark ?? 'first'}-${spec.switchReplaced ?? 'idle'}`
      await node.write(`${file}.yaml`, ovsRelease(example, spec))
      await node.expect(0, 'node', 'lock', `${file}.yaml`)
      return `${file}.locked.yaml`
    }

    async function ovs(...argv: readonly string[]): Promise<string> {
      return bed.ovs(await node.container('vswitchd'), ...argv)
    }

    /** Pid and start time of ovsdb-server and ovs-vswitchd. */
    async function switchProcesses(): Promise<readonly string[]> {
      const script = `for name in ovsdb-server ovs-vswitchd; do
        pid=$(cat /run/openvswitch/$name.pid); stat=$(cat /proc/$pid/stat); set -- \${stat##*) }; echo "$name $pid \${20}"; done`
      return (await node.host.sh(script)).trim().split('\n')
    }
  })
}
