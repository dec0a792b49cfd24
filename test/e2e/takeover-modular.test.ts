import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { HOST_ITSELF, Host, startGuest, tickGaps, ticks, virsh, waitForLibvirt } from '../../lab/index.ts'
import type { Guest, NestedEngine } from '../../lab/index.ts'
import { ComputeNode, refusalIn } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { killTakeOver } from '../integration/node/support/kill-take-over.ts'
import { assertOneLibvirt } from '../integration/node/support/watch-libvirts.ts'
import { watchQemuDrivers } from '../integration/node/support/watch-qemu-drivers.ts'
import { arrangementOf, composeText } from '../matrix/peers/arrangement.ts'

const DAEMONS = ['virtqemud', 'virtnetworkd', 'virtnodedevd', 'virtsecretd', 'virtstoraged', 'virtproxyd']
const SOCKETS = DAEMONS.flatMap((name) => ['', '-ro', '-admin'].map((kind) => `${name}${kind}.socket`))
const LIBVIRTD = 'libvirtd.service libvirtd.socket libvirtd-ro.socket libvirtd-admin.socket'
/** `ANNEAL_TEST_ENGINE=podman` takes Podman. */
const ENGINE: NestedEngine = process.env['ANNEAL_TEST_ENGINE'] === 'podman' ? 'podman' : 'docker'
const IMAGES = ['nova-libvirt:bookworm', 'nova-libvirt-modular:bookworm']
const [MONOLITHIC, MODULAR] = ['/etc/anneal/monolithic.locked.yaml', '/etc/anneal/modular.locked.yaml']

type Finding = Readonly<{ code: string; severity: string; remedy: string }>
type Planned = Readonly<{ check: Readonly<{ findings: readonly Finding[] }> }>

/** libvirt alone: the host goes on running virtlogd, from whose hands guests have their consoles. */
function release(image: string, daemon: string, socket: string): string {
  const arrangement = arrangementOf({ name: 'libvirt', image, engine: ENGINE, stdioHandler: 'logd' })
  return `name: compute
x-anneal:
  libvirt: { service: libvirt, socket: /run/libvirt/${socket}, stateDir: /run/libvirt }
${composeText(arrangement)
  .replace(/^ {4}container_name: .*\n/m, '')
  .replace(/^ {4}restart: /m, `    command: [${daemon}]\n    stop_grace_period: 5s\n    restart: `)}`
}

describe('taking over a host whose libvirt is modular daemons', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  before(async () => {
    const spec = {
      name: `takeover-modular-${ENGINE}`,
      engine: ENGINE,
      init: 'systemd',
      ownLibvirt: 'modular',
    } as const
    node = await ComputeNode.on(await Host.up({ ...spec, images: IMAGES }), ENGINE)
    await node.host.sh('mkdir -p /var/lib/nova; systemctl start virtqemud.service libvirt-guests.service')
    await waitForLibvirt(node.host, HOST_ITSELF, ENGINE)
    guest = await startGuest(node.host, { name: 'modular-guest', via: HOST_ITSELF, engine: ENGINE })
    alive = await node.alive(guest)
    for (const [name, text] of [
      ['monolithic', release('nova-libvirt:bookworm', 'libvirtd', 'libvirt-sock')],
      ['modular', release('nova-libvirt-modular:bookworm', 'virtqemud', 'virtqemud-sock')],
    ] as const) {
      await node.write(`/etc/anneal/${name}.yaml`, text)
      await node.expect(0, 'node', 'lock', `/etc/anneal/${name}.yaml`)
    }
  })
  after(() => node?.down())

  const active = async (units: readonly string[]): Promise<readonly string[]> => {
    const shown = (await node.host.sh(`systemctl is-active ${units.join(' ')} || true`)).trim().split('\n')
    return units.filter((_, index) => shown[index] === 'active')
  }
  const dropIns = async (): Promise<string> =>
    (await node.host.sh('find /etc/systemd/system -name zzzz-anneal.conf | wc -l')).trim()
  const drivers = async (): Promise<string> =>
    (await node.host.sh("pgrep -xc 'libvirtd|virtqemud' || true")).trim()
  const seenByHost = async (): Promise<string> =>
    (await virsh(node.host, HOST_ITSELF, ['domstate', guest.name])).stdout.trim()
  const assertGivenBack = async (): Promise<void> => {
    assert.deepEqual(await active(['virtqemud.service', ...SOCKETS]), ['virtqemud.service', ...SOCKETS])
    assert.equal(await dropIns(), '0')
    assert.deepEqual(await node.containers(), [])
    await node.assertUntouched(alive, 'down')
    assert.equal(await seenByHost(), 'running')
  }

  test('the doctor sees the guest and nothing wrong with libvirt, and a plan says how it is taken over', async () => {
    const { findings } = await node.expect<Readonly<{ findings: readonly Finding[] }>>(0, 'node', 'doctor')
    assert.deepEqual(
      findings.filter(({ code }) => /^HOST_LIBVIRT|DISSENT|^GUEST_/.test(code)),
      [],
    )
    const { check } = await node.expect<Planned>(4, 'node', 'plan', MODULAR)
    const beside = check.findings.find(({ code }) => code === 'SERVICE_RUNS_BESIDE')
    assert.match(beside?.remedy ?? '', /--adopt libvirt=systemd:virtqemud\.service/)
  })

  test('a host on which both kinds are up is refused before anything changes, and the doctor says so', async () => {
    // systemd stops virtqemud for it, and leaves the socket.
    await node.host.sh('systemctl start libvirtd.service')
    assert.deepEqual(await active(['libvirtd.service', 'virtqemud.service', 'virtqemud.socket']), [
      'libvirtd.service',
      'virtqemud.socket',
    ])
    for (const file of [MONOLITHIC, MODULAR]) {
      const { exitCode, stderr } = await node.anneal(['node', 'adopt', file])
      assert.equal(exitCode, 4, stderr)
      assert.equal(refusalIn(stderr).code, 'HOST_LIBVIRT_MIXED')
    }
    const { stdout } = await node.anneal(['node', 'doctor', '--json'])
    assert.match(stdout, /HOST_LIBVIRT_MIXED/)
    assert.equal(await dropIns(), '0')
    await node.host.sh(
      `systemctl stop ${LIBVIRTD}; systemctl restart ${SOCKETS.join(' ')}; systemctl start virtqemud`,
    )
    await assertGivenBack()
  })

  test('adopted by libvirtd, upgraded to virtqemud, rolled back, given back: one driver of QEMU at every moment', async (t) => {
    const watch = await watchQemuDrivers(node.host)
    await node.expect(0, 'node', 'adopt', MONOLITHIC)
    assert.deepEqual(await active(['virtqemud.service', ...SOCKETS]), [])
    await node.assertUntouched(alive)
    await node.assertAtRest()
    // Whoever connects, or asks systemd, starts nothing.
    await node.host.sh(`systemctl start virtqemud.service ${SOCKETS.join(' ')} ${LIBVIRTD} || true`)
    assert.deepEqual(await active(['virtqemud.service', 'libvirtd.service', ...SOCKETS]), [])
    assert.equal(await drivers(), '1')

    await node.expect(0, 'node', 'upgrade', MODULAR)
    await node.assertUntouched(alive)
    await node.assertAtRest()
    await node.expect(0, 'node', 'rollback')
    await node.assertUntouched(alive)
    await node.assertAtRest()
    await node.expect(0, 'node', 'give-back')
    await assertGivenBack()
    await assertOneLibvirt(t, watch, node.host, guest.name)
  })

  test('adopted by virtqemud, upgraded to libvirtd, given back', async (t) => {
    const watch = await watchQemuDrivers(node.host)
    await node.expect(0, 'node', 'adopt', MODULAR)
    await node.assertUntouched(alive)
    await node.assertAtRest()
    await node.expect(0, 'node', 'upgrade', MONOLITHIC)
    await node.assertUntouched(alive)
    await node.expect(0, 'node', 'give-back')
    await assertGivenBack()
    await assertOneLibvirt(t, watch, node.host, guest.name)
  })

  test('killed at a boundary of adopt and of give-back: recovery ends with one driver of QEMU', async (t) => {
    for (const kind of ['stopContainer', 'startContainer', 'commit']) {
      const watch = await watchQemuDrivers(node.host)
      const killed = await killTakeOver(node, {
        file: MODULAR,
        kind,
        assertOne: async () => assert.equal(await drivers(), '1'),
      })
      await assertGivenBack()
      const seen = await watch.end()
      assert.equal(seen.most, 1)
      t.diagnostic(`${kind}: ${killed}; ${seen.looks} looks, at most ${seen.most} driver`)
    }
    assert.equal(tickGaps(await ticks(node.host, guest.name)).lost, 0)
  })

  test('after a reboot in either state one libvirt runs', async () => {
    await node.expect(0, 'node', 'adopt', MODULAR)
    await node.host.reboot('power cut')
    await node.prepare()
    await node.expect(0, 'node', 'recover')
    assert.equal(await drivers(), '1')
    assert.deepEqual(await active(['virtqemud.service', ...SOCKETS]), [])
    await node.assertAtRest()
    await node.expect(0, 'node', 'give-back')
    await node.host.reboot('power cut')
    await waitForLibvirt(node.host, HOST_ITSELF, ENGINE)
    assert.equal(await drivers(), '1')
    assert.deepEqual(await active(['virtqemud.socket', 'virtproxyd.socket']), [
      'virtqemud.socket',
      'virtproxyd.socket',
    ])
  })
})
