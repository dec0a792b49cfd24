/**
 * cgroup v2, live: on a host whose /sys/fs/cgroup is cgroup v2, with systemd, machined, Docker (runc) and Podman (crun),
 * a guest in the container's own part of the tree is known to die, does die, and is saved by a rescue; and a release is
 * replaced and rolled back under it. The fault matrix (`npm run matrix -- --bed cgroup-v2`) has every other placement.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { guestPid, runLibvirt, startGuest, tickGaps, ticks, virsh } from '../../../lab/index.ts'
import type { ByHand, NestedEngine } from '../../../lab/index.ts'
import type { RunReport } from '../../../src/runtime/node/index.ts'
import { ComputeNode } from './support/compute-node.ts'
import type { Alive } from './support/compute-node.ts'
import { openableDevices } from './support/device-filter.ts'

type KillSetAnswer = Readonly<{
  endangered: readonly Readonly<{ name: string; mechanisms: readonly string[]; evidence: string }>[]
  census: Readonly<{ guests: readonly Readonly<{ name: string }>[] }>
}>

/** What engines do by default on cgroup v2: a cgroup namespace, and so a tree, of the container's own. */
const OWN_TREE: NonNullable<ByHand['without']> = ['host cgroup namespace', 'cgroup bind', 'dbus']
/** Below the root of that tree, as systemd in a container goes: where there are controllers, no guest starts otherwise. */
const LEAF = [
  'bash',
  '-c',
  'cd /sys/fs/cgroup && mkdir -p leaf && echo 0 >leaf/cgroup.procs && exec /usr/local/bin/nova-libvirt libvirtd',
]
/** The hook of the shipped image would say so, and could do nothing about it. */
const MASK_HOOK = ['--volume', '/dev/null:/etc/libvirt/hooks/qemu']

describe('on a host with cgroup v2', { concurrency: false }, () => {
  let node: ComputeNode
  let guest: Alive

  before(async () => {
    node = await ComputeNode.up({ name: 'cgroup-v2', engine: 'both', cgroups: 'v2' }, 'docker')
  })
  after(async () => {
    await node.down()
  })

  const inherit = async (engine: NestedEngine, name: string): Promise<Alive> => {
    await runLibvirt(node.host, {
      name: 'nova_libvirt',
      image: 'nova-libvirt:bookworm',
      engine,
      without: OWN_TREE,
      extra: MASK_HOOK,
      command: LEAF,
    })
    return node.alive(await startGuest(node.host, { name, via: 'nova_libvirt', engine }))
  }

  test('runc, crun and systemd see nothing but v2', async () => {
    assert.equal((await node.host.sh('stat -f -c %T /sys/fs/cgroup')).trim(), 'cgroup2fs')
    const docker = await node.host.sh("docker info --format '{{.CgroupVersion}} {{.CgroupDriver}}'")
    assert.equal(docker.trim(), '2 systemd')
    const format = '{{.Host.CgroupsVersion}} {{.Host.CgroupManager}} {{.Host.OCIRuntime.Name}}'
    assert.equal((await node.host.sh(`podman info --format '${format}'`)).trim(), 'v2 systemd crun')
  })

  for (const engine of ['podman', 'docker'] as const) {
    test(`a guest in its container's tree dies with it under ${engine}, and the kill set has said so`, async () => {
      const doomed = await inherit(engine, `v2-${engine}-doomed`)
      const { exitCode, value } = await node.anneal<KillSetAnswer>(['node', 'kill-set', 'nova_libvirt'], {
        env: { ANNEAL_ENGINE: engine },
      })
      assert.equal(exitCode, 3)
      assert.deepEqual(
        value.census.guests.map(({ name }) => name),
        [doomed.name],
      )
      const [endangered] = value.endangered
      assert.deepEqual(endangered?.mechanisms, ['cgroupV2Kill', 'systemdScope'])
      await node.host.sh(`${engine} stop nova_libvirt && ${engine} rm nova_libvirt`)
      assert.equal(await guestPid(node.host, doomed.name), 0)
      await node.host.sh('rm -rf /run/libvirt/*')
    })
  }

  test('an upgrade refuses it and touches nothing; with --rescue it lives on under the new release', async () => {
    guest = await inherit('docker', 'v2-guest')
    const file = await node.lock({ mark: 'one', libvirt: 'bookworm' })
    const words = ['node', 'upgrade', file, '--adopt', 'libvirt=nova_libvirt']
    const untouched = await node.containers()
    await node.expect(3, 'node', 'plan', file, '--adopt', 'libvirt=nova_libvirt')
    const refused = await node.expect<RunReport>(3, ...words)
    assert.equal(refused.reason?.code, 'GUESTS_ENDANGERED')
    assert.deepEqual(await node.containers(), untouched)
    await node.assertUntouched(guest, 'down')

    const deployed = await node.expect<RunReport>(0, ...words, '--rescue')
    assert.equal(deployed.outcome, 'committed')
    await node.assertUntouched(guest)
    const line = await node.host.sh(`grep ^0: /proc/${guest.pid}/cgroup`)
    assert.match(line, /^0::\/machine\.slice\/machine-qemu.*\.scope\/libvirt/)
    const machines = await node.host.sh('machinectl --no-legend list')
    assert.match(machines, new RegExp(guest.name), 'machined knows it')
  })

  test('libvirt 9.0 → 11.3 and back under it: the same process, and no tick lost', async (t) => {
    const seen = (await ticks(node.host, guest.name)).length
    const file = await node.lock({ mark: 'two', libvirt: 'bookworm-backports' })
    const upgraded = await node.expect<RunReport>(0, 'node', 'upgrade', file)
    assert.equal(upgraded.outcome, 'committed')
    await node.assertUntouched(guest)
    const rolledBack = await node.expect<RunReport>(0, 'node', 'rollback')
    assert.equal(rolledBack.outcome, 'committed')
    await node.assertUntouched(guest)
    await node.assertAtRest()
    const version = await virsh(node.host, await node.container(), ['version', '--daemon'])
    assert.match(version.stdout, /daemon: 9\.0/)
    const gaps = tickGaps((await ticks(node.host, guest.name)).slice(seen))
    assert.equal(gaps.lost, 0)
    const outages = [upgraded, rolledBack].map((report) => `${report.outage?.longestGapMs} ms`)
    t.diagnostic(`outages ${outages.join(', ')}; longest gap between ticks ${gaps.longestMs} ms`)
  })

  test('its filter of devices came along: what libvirt plugs in is added to what it had', async () => {
    const allowed = { null: true, 'loop-control': false }
    assert.deepEqual(
      await openableDevices(node.host, guest, ['null', 'loop-control']),
      allowed,
      'as libvirt first made it',
    )
    const via = await node.container()
    const on = async (input: string | undefined, ...argv: string[]): Promise<void> => {
      const call = ['docker', 'exec', '--interactive', via, 'virsh', '--connect', 'qemu:///system', ...argv]
      await node.host.must(call, input === undefined ? {} : { input })
    }
    // A device of the host is behind it: libvirt opens the filter for that one. Without a filter it would make one.
    const generator = `<rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>`
    await on(generator, 'attach-device', guest.name, '/dev/stdin')
    assert.deepEqual(await openableDevices(node.host, guest, ['null', 'loop-control', 'urandom']), {
      ...allowed,
      urandom: true,
    })
    await on(undefined, 'suspend', guest.name)
    await on(undefined, 'resume', guest.name)
    await on(undefined, 'destroy', guest.name)
    assert.equal(await guestPid(node.host, guest.name), 0)
  })
})
