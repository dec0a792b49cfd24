/**
 * The host of production: a Debian kernel with cgroup v2 and all of its controllers, systemd, machined, Docker with runc
 * and Podman with crun, none of it arranged. Emulated, so it takes half an hour. A guest that its container would take
 * along is known, refused, rescued with its limits; the release is replaced and rolled back under it (libvirt 9.0 → 11.3
 * → 9.0); and the libvirt that comes next can do with it what it could before.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  VirtualHost,
  consoleBytes,
  guestPid,
  runLibvirt,
  startGuest,
  tickGaps,
  ticks,
  virsh,
} from '../../lab/index.ts'
import type { NestedEngine } from '../../lab/index.ts'
import type { RunReport } from '../../src/runtime/node/index.ts'
import { COMPUTE_IMAGES, ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { openableDevices } from '../integration/node/support/device-filter.ts'
import { placementsIn } from '../matrix/bed.ts'
import { containerOf } from '../matrix/placements.ts'
import { LIBVIRT_TAGS } from '../matrix/bed.ts'

const OWN_TREE = placementsIn('vm').find(({ name }) => name === 'own-cgroup-tree') ?? assert.fail()

const LIMITS = {
  'memory.max': String(900_000 * 1024),
  'cpu.weight': '50',
  'pids.max': '3000',
  'vcpu0/cpu.max': '90000 100000',
  'emulator/cpu.max': '80000 100000',
}

describe('on a virtual machine with all controllers on cgroup v2', { concurrency: false }, () => {
  let host: VirtualHost
  before(async () => {
    host = await VirtualHost.up({ name: 'e2e-vm', init: 'systemd', engine: 'both', images: COMPUTE_IMAGES })
  })
  after(async () => {
    await host.down()
  })

  test('the controllers that hold limits are there', async () => {
    const controllers = (await host.read('/sys/fs/cgroup/cgroup.controllers')).trim().split(' ')
    for (const wanted of ['cpu', 'memory', 'pids', 'io']) assert.ok(controllers.includes(wanted), wanted)
  })

  for (const engine of ['docker', 'podman'] as const) {
    describe(`under ${engine}`, { concurrency: false }, () => {
      onEngine(() => host, engine)
    })
  }
})

function onEngine(up: () => VirtualHost, engine: NestedEngine): void {
  const name = `e2e-vm-${engine}`
  let node: ComputeNode<VirtualHost>
  let guest: Alive
  let seen = 0

  before(async () => {
    node = await ComputeNode.on(up(), engine)
    const container = containerOf(OWN_TREE, { engine, libvirts: LIBVIRT_TAGS.bookworm }, 'nova_libvirt')
    await runLibvirt(up(), { ...container, extra: [...(container.extra ?? []), '--pids-limit', '3000'] })
    const spec = { name, via: 'nova_libvirt', engine, boots: 'sector', console: 'file', tickMs: 50 } as const
    guest = await node.alive(await startGuest(up(), spec))
    const bounds = ['cpu_shares=50', 'vcpu_quota=90000', 'emulator_quota=80000']
    await on('nova_libvirt', 'schedinfo', name, '--live', '--set', ...bounds)
    await on('nova_libvirt', 'memtune', name, '--live', '--hard-limit', '900000')
  })
  after(async () => {
    await up().sh(`all=$(${engine} ps --all --quiet); [ -z "$all" ] || ${engine} rm --force $all
      rm -rf /run/libvirt/* /var/lib/libvirt/qemu /etc/libvirt/qemu/* /etc/anneal/* /run/anneal /var/lib/anneal`)
  })

  test('an upgrade refuses a guest in the tree of its container, and touches nothing', async () => {
    const file = await node.lock({ mark: 'one', libvirt: 'bookworm', stdio: 'file' })
    const untouched = await node.containers()
    const refused = await node.expect<RunReport>(3, 'node', 'upgrade', file, ...ADOPT)
    assert.equal(refused.reason?.code, 'GUESTS_ENDANGERED')
    assert.deepEqual(await node.containers(), untouched)
    await node.assertUntouched(guest, 'down')
  })

  test('with --rescue it lives on, in a scope of machined, with the limits that it had', async () => {
    const file = '/etc/anneal/one.locked.yaml'
    const deployed = await node.expect<RunReport>(0, 'node', 'upgrade', file, ...ADOPT, '--rescue')
    assert.equal(deployed.outcome, 'committed')
    await node.assertUntouched(guest)
    assert.match(await group(), /^\/machine\.slice\/machine-qemu.*\.scope\/libvirt$/)
    assert.match(await up().sh('machinectl --no-legend list'), new RegExp(name))
    assert.deepEqual(await limits(), LIMITS)
  })

  test('libvirt 9.0 → 11.3 and back: the same process, no tick lost, the console goes on', async (t) => {
    seen = (await ticks(up(), name)).length
    const written = await consoleBytes(up(), name)
    const file = await node.lock({ mark: 'two', libvirt: 'bookworm-backports', stdio: 'file' })
    const upgraded = await node.expect<RunReport>(0, 'node', 'upgrade', file)
    assert.equal(upgraded.outcome, 'committed')
    await node.assertUntouched(guest)
    assert.match(await on(await node.container(), 'version', '--daemon'), /daemon: 11\.3/)
    const rolledBack = await node.expect<RunReport>(0, 'node', 'rollback')
    assert.equal(rolledBack.outcome, 'committed')
    await node.assertUntouched(guest)
    await node.assertAtRest()
    assert.match(await on(await node.container(), 'version', '--daemon'), /daemon: 9\.0/)
    const gaps = tickGaps((await ticks(up(), name)).slice(seen))
    assert.equal(gaps.lost, 0)
    assert.ok((await consoleBytes(up(), name)) > written)
    const outages = [upgraded, rolledBack].map((report) => `${report.outage?.longestGapMs} ms`)
    t.diagnostic(`outages ${outages.join(', ')}; longest gap between ticks ${gaps.longestMs} ms`)
  })

  test('its limits are those it had, and libvirt reads and changes them', async () => {
    const via = await node.container()
    assert.deepEqual(await limits(), LIMITS)
    const schedule = await on(via, 'schedinfo', name)
    for (const line of [/cpu_shares\s*: 50/, /vcpu_quota\s*: 90000/, /emulator_quota\s*: 80000/]) {
      assert.match(schedule, line)
    }
    await on(via, 'schedinfo', name, '--live', '--set', 'cpu_shares=70', 'vcpu_quota=95000')
    await on(via, 'memtune', name, '--live', '--hard-limit', '800000')
    const changed = {
      'cpu.weight': '70',
      'vcpu0/cpu.max': '95000 100000',
      'memory.max': String(800_000 * 1024),
    }
    assert.deepEqual(await limits(), { ...LIMITS, ...changed })
  })

  test('a disk is plugged in: its filter of devices lets it, and still what it let before', async () => {
    const via = await node.container()
    const allowed = { null: true, 'loop-control': false }
    assert.deepEqual(await openableDevices(up(), guest, ['null', 'loop-control']), allowed)
    // The image of a disk is in a file of the host; its loop device is what the filter has to open.
    const loop = (
      await up().sh(`modprobe loop; truncate --size 1M /var/lib/nova/extra-${engine}
      losetup --find --show /var/lib/nova/extra-${engine}`)
    ).trim()
    await on(via, 'attach-disk', name, loop, 'vdb', '--live', '--sourcetype', 'block', '--subdriver', 'raw')
    assert.match(await on(via, 'domblklist', name), new RegExp(`vdb\\s+${loop}`))
    const plugged = loop.replace('/dev/', '')
    assert.deepEqual(await openableDevices(up(), guest, ['null', 'loop-control', plugged]), {
      ...allowed,
      [plugged]: true,
    })
  })

  test('it is suspended, resumed and ended as any other', async () => {
    const via = await node.container()
    await on(via, 'suspend', name)
    const still = (await ticks(up(), name)).length
    assert.equal((await on(via, 'domstate', name)).trim(), 'paused')
    assert.equal((await ticks(up(), name)).length, still)
    await on(via, 'resume', name)
    await node.assertUntouched(guest)
    await on(via, 'destroy', name)
    assert.equal(await guestPid(up(), name), 0)
    assert.equal((await up().sh('machinectl --no-legend list')).trim(), '', 'machined forgets it')
  })

  async function on(via: string, ...argv: string[]): Promise<string> {
    const result = await virsh(up(), via, argv, { engine })
    assert.equal(result.exitCode, 0, `virsh ${argv.join(' ')}: ${result.stderr}`)
    return result.stdout
  }

  /** The guest's control group, without those of its threads. */
  async function group(): Promise<string> {
    const line = await up().sh(`grep ^0: /proc/${guest.pid}/cgroup`)
    return line
      .trim()
      .replace('0::', '')
      .replace(/\/emulator$/, '')
  }

  /** As the kernel has them: of the guest's group or of the scope around it, whose properties some of them are. */
  async function limits(): Promise<Readonly<Record<string, string>>> {
    const script = `cd "/sys/fs/cgroup$1"
      for file in memory.max pids.max; do
        echo "$file $(cat $file ../$file | grep -v max | sort -n | head -n 1)"
      done
      echo "cpu.weight $(cat ../cpu.weight)"
      for file in vcpu0/cpu.max emulator/cpu.max; do echo "$file $(cat $file)"; done`
    const answer = await up().must(['bash', '-euc', script, 'bash', await group()])
    const lines = answer.trim().split('\n')
    return Object.fromEntries(
      lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
    )
  }
}

const ADOPT = ['--adopt', 'libvirt=nova_libvirt'] as const
