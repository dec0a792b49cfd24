import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { HOST_ITSELF, Host, startGuest, tickGaps, ticks, virsh, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { COMPUTE_IMAGES, ComputeNode, refusalIn } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { killTakeOver } from '../integration/node/support/kill-take-over.ts'
import { assertOneLibvirt, watchLibvirts } from '../integration/node/support/watch-libvirts.ts'
import { arrangementOf, composeText } from '../matrix/peers/arrangement.ts'

const UNITS = [
  'libvirtd.service',
  'libvirtd.socket',
  'libvirtd-ro.socket',
  'libvirtd-admin.socket',
  'libvirt-guests.service',
]
const FIRST = '/etc/anneal/first.locked.yaml'
const NEXT = '/etc/anneal/next.locked.yaml'

type Finding = Readonly<{ code: string; severity: string; remedy: string }>
type Planned = Readonly<{ check: Readonly<{ findings: readonly Finding[] }> }>

/** libvirt alone: the host goes on running virtlogd, from whose hands guests have their consoles. */
function release(image: string): string {
  const arrangement = arrangementOf({ name: 'libvirt', image, engine: 'docker', stdioHandler: 'logd' })
  return `name: compute
x-anneal:
  libvirt: { service: libvirt, socket: /run/libvirt/libvirt-sock, stateDir: /run/libvirt }
${composeText(arrangement)
  .replace(/^ {4}container_name: .*\n/m, '')
  .replace(/^ {4}restart: /m, '    command: [libvirtd]\n    stop_grace_period: 5s\n    restart: ')}`
}

describe('taking over a host whose libvirt is a package of its own', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  before(async () => {
    const spec = { name: 'takeover-host', engine: 'docker', init: 'systemd', ownLibvirt: true } as const
    node = await ComputeNode.on(await Host.up({ ...spec, images: COMPUTE_IMAGES }), 'docker')
    await node.host.sh('mkdir -p /var/lib/nova; systemctl start libvirtd.service libvirt-guests.service')
    await waitForLibvirt(node.host, HOST_ITSELF, 'docker')
    await start()
    for (const [name, image] of [
      ['first', 'nova-libvirt:bookworm'],
      ['next', 'nova-libvirt:bookworm-backports'],
    ] as const) {
      await node.write(`/etc/anneal/${name}.yaml`, release(image))
      await node.expect(0, 'node', 'lock', `/etc/anneal/${name}.yaml`)
    }
  })
  after(() => node?.down())

  const start = async (): Promise<void> => {
    guest = await startGuest(node.host, { name: 'host-guest', via: HOST_ITSELF, engine: 'docker' })
    alive = await node.alive(guest)
  }
  const states = async (): Promise<readonly string[]> => {
    const shown = await node.host.sh(`systemctl is-active ${UNITS.join(' ')} || true`)
    return shown.trim().split('\n')
  }
  const dropIns = async (): Promise<string> =>
    (await node.host.sh('find /etc/systemd/system -name zzzz-anneal.conf | wc -l')).trim()
  const libvirtds = async (): Promise<string> => (await node.host.sh('pgrep -xc libvirtd || true')).trim()
  const seenByHost = async (): Promise<string> =>
    (await virsh(node.host, HOST_ITSELF, ['domstate', guest.name])).stdout.trim()

  test('a plan that does not take it over is refused, and says how it is taken over', async () => {
    const { check } = await node.expect<Planned>(4, 'node', 'plan', FIRST)
    const beside = check.findings.find(({ code }) => code === 'SERVICE_RUNS_BESIDE')
    assert.match(beside?.remedy ?? '', /--adopt libvirt=systemd:libvirtd\.service/)
  })

  test('a unit whose stop would reach guests is refused before anything changes', async () => {
    const place = '/etc/systemd/system/libvirtd.service.d/own.conf'
    for (const [line, why] of [
      ['KillMode=control-group', /KillMode=control-group/],
      ['PrivateTmp=yes', /PrivateTmp=/],
      ['ExecStop=/usr/bin/virsh destroy host-guest', /ExecStop=/],
      ['RuntimeDirectory=libvirt', /RuntimeDirectory=/],
    ] as const) {
      await node.write(place, `[Service]\n${line}\n`)
      await node.host.sh('systemctl daemon-reload')
      const { exitCode, stderr } = await node.anneal(['node', 'adopt', FIRST])
      assert.equal(exitCode, 4)
      assert.equal(refusalIn(stderr).code, 'HOST_DAEMON_REFUSED')
      assert.match(refusalIn(stderr).message, why)
    }
    await node.host.sh(`rm -r ${place.slice(0, place.lastIndexOf('/'))}; systemctl daemon-reload`)
    assert.equal(await dropIns(), '0')
    assert.deepEqual(await node.containers(), [])
    await node.assertUntouched(alive, 'down')
  })

  test('adopt, upgrade, roll back, give back: the same guest, one libvirtd at every moment', async (t) => {
    const watch = await watchLibvirts(node.host)
    await node.expect(0, 'node', 'adopt', FIRST)
    assert.deepEqual(await states(), ['inactive', 'inactive', 'inactive', 'inactive', 'active'])
    // Also the sockets for TCP and TLS, which nobody has enabled.
    assert.equal(await dropIns(), '7')
    await node.assertUntouched(alive)
    await node.assertAtRest()
    await node.host.sh(
      'systemctl start libvirtd.service libvirtd.socket; systemctl stop libvirt-guests.service',
    )
    assert.deepEqual(await states(), ['inactive', 'inactive', 'inactive', 'inactive', 'inactive'])
    await node.assertUntouched(alive)

    await node.expect(0, 'node', 'upgrade', NEXT)
    await node.assertUntouched(alive)
    await node.expect(0, 'node', 'rollback')
    await node.assertUntouched(alive)
    await node.assertAtRest()

    await node.expect(0, 'node', 'give-back')
    assert.deepEqual(await states(), ['active', 'active', 'active', 'active', 'active'])
    assert.equal(await dropIns(), '0')
    assert.deepEqual(await node.containers(), [])
    await node.assertUntouched(alive, 'down')
    assert.equal(await seenByHost(), 'running')
    await assertOneLibvirt(t, watch, node.host, guest.name)
  })

  test('killed at a boundary of adopt and of give-back: recovery ends with one libvirtd, and the guest lives', async (t) => {
    for (const kind of ['disarm', 'stopContainer', 'startContainer', 'commit']) {
      const watch = await watchLibvirts(node.host)
      const killed = await killTakeOver(node, {
        file: FIRST,
        kind,
        assertOne: async () => assert.equal(await libvirtds(), '1'),
      })
      assert.equal(await dropIns(), '0')
      assert.equal(await seenByHost(), 'running')
      await node.assertUntouched(alive, 'down')
      const seen = await watch.end()
      assert.equal(seen.most, 1)
      t.diagnostic(`${kind}: ${killed}; ${seen.looks} looks, at most ${seen.most} libvirtd`)
    }
    assert.equal(tickGaps(await ticks(node.host, guest.name)).lost, 0)
  })

  test('after a reboot in either state one libvirt runs', async () => {
    await node.expect(0, 'node', 'adopt', FIRST)
    await node.host.reboot('power cut')
    await node.prepare()
    await node.expect(0, 'node', 'recover')
    assert.equal(await libvirtds(), '1')
    assert.deepEqual((await states()).slice(0, 4), ['inactive', 'inactive', 'inactive', 'inactive'])
    await node.assertAtRest()
    await node.expect(0, 'node', 'give-back')
    assert.deepEqual(await states(), ['active', 'active', 'active', 'active', 'active'])
    await node.host.reboot('power cut')
    await waitForLibvirt(node.host, HOST_ITSELF, 'docker')
    assert.equal(await libvirtds(), '1')
    assert.deepEqual((await states()).slice(0, 2), ['active', 'active'])
  })
})
