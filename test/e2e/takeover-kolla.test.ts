/**
 * A node that Kolla-Ansible's own roles and module deploy, on Debian's Ansible: taken over, upgraded, brought back, given back; and
 * what Kolla's next run makes of it. Kolla-Ansible's source is not part of this repository (docs/lab.md): skipped without.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  KollaNode,
  NOVA_UID,
  consoleBytes,
  hasKollaSource,
  startGuest,
  waitForLibvirt,
} from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { ENGINE, chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { unitState } from '../integration/node/support/kolla-unit.ts'
import { assertOneLibvirt, watchLibvirts } from '../integration/node/support/watch-libvirts.ts'

const UNITS = ['nova_libvirt', 'nova_compute'].map((name) => `kolla-${name}-container.service`)
const RUNNING = '/etc/anneal/running.locked.yaml'
const USERS = '/etc/kolla/nova-libvirt/passwd.db'

type Found = readonly Readonly<{ code: string; severity: string; subject: string }>[]
type Planned = Readonly<{ check: Readonly<{ findings: Found }> }>

const skip = hasKollaSource() ? false : 'needs a folder with Kolla-Ansible’s source'

describe(`a node that Kolla-Ansible deploys on ${ENGINE}`, { skip }, () => {
  let kolla: KollaNode
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  let own: readonly string[]
  before(async () => {
    kolla = await KollaNode.up(
      chosenHost({ name: `kolla-${ENGINE}`, engine: ENGINE, init: 'systemd', images: [] }),
      ENGINE,
    )
    await kolla.deploy()
    node = await ComputeNode.on(kolla.host, ENGINE)
    await kolla.novaIsUp()
    guest = await startGuest(kolla.host, {
      name: 'kolla-guest',
      via: 'nova_libvirt',
      engine: ENGINE,
      console: 'logd',
      uid: NOVA_UID,
    })
    alive = await node.alive(guest)
    own = await node.containers()
  })
  after(() => node?.down())

  const consoleGoesOn = async (): Promise<void> => {
    const bytes = await consoleBytes(kolla.host, guest.name)
    for (let n = 0; n < 100 && (await consoleBytes(kolla.host, guest.name)) === bytes; n++)
      await kolla.host.sh('sleep 0.2')
    assert.ok((await consoleBytes(kolla.host, guest.name)) > bytes, 'the console log goes on')
  }
  /** Podman's client may wait for as long as a guest that was started in the container lives: then its unit is still up. */
  const assertDisarmed = async (): Promise<void> => {
    for (const state of await states())
      assert.match(state, ENGINE === 'docker' ? /^inactive no enabled$/ : / no enabled$/)
  }
  const states = async (): Promise<readonly string[]> =>
    (await Promise.all(UNITS.map((unit) => unitState(node, unit)))).map((state) => state.join(' '))

  test('the doctor sees Kolla, and virtlogd in the container of libvirt', async () => {
    const { value } = await node.anneal<{ findings: Found }>(['node', 'doctor'])
    const codes = value.findings.map(({ code, subject }) => `${code} ${subject}`)
    for (const wanted of ['KOLLA_RECOGNISED node', 'VIRTLOGD_INSIDE nova_libvirt'])
      assert.ok(codes.includes(wanted), codes.join('\n'))
  })

  test('the users of libvirt that Kolla made in its container refuse a take-over until they are in a file of the host', async () => {
    const { text } = await node.expect<{ text: string }>(0, 'node', 'import', '--running')
    await node.write('/etc/anneal/running.yaml', text)
    await node.expect(0, 'node', 'lock', '/etc/anneal/running.yaml')
    const { check } = await node.expect<Planned>(4, 'node', 'adopt', '--rescue', '--dry-run', RUNNING)
    assert.deepEqual(
      check.findings.filter(({ severity }) => severity === 'refuse').map(({ code }) => code),
      ['LIBVIRT_USERS_INSIDE'],
    )
    await kolla.host.must([ENGINE, 'cp', 'nova_libvirt:/etc/libvirt/passwd.db', USERS])
    const bind = `      - ${USERS}:/etc/libvirt/passwd.db`
    await node.write(
      '/etc/anneal/running.yaml',
      text.replace(/^ {6}- nova_libvirt_qemu:.*$/m, (line) => `${line}\n${bind}`),
    )
    await node.expect(0, 'node', 'lock', '/etc/anneal/running.yaml')
    await node.expect(3, 'node', 'adopt', '--dry-run', RUNNING)
    await node.expect(0, 'node', 'adopt', '--rescue', '--dry-run', RUNNING)
  })

  test('adopt, upgrade, roll back and give back: the same guest, and one libvirtd at every moment', async (t) => {
    const watch = await watchLibvirts(kolla.host)
    await node.expect(0, 'node', 'adopt', '--rescue', RUNNING)
    await assertDisarmed()
    await node.assertUntouched(alive, 'up', 'nova_libvirt')
    await kolla.novaIsUp()
    await consoleGoesOn()

    const next = await kolla.imageId('nova-libvirt', 'two')
    const current = await kolla.imageId('nova-libvirt', 'one')
    await kolla.host.sh(`sed 's#${current}#${next}#' ${RUNNING} >/etc/anneal/next.locked.yaml`)
    await node.expect(0, 'node', 'upgrade', '--rescue', '/etc/anneal/next.locked.yaml')
    await node.assertUntouched(alive, 'up', 'nova_libvirt')
    await kolla.novaIsUp()
    await consoleGoesOn()

    await node.expect(0, 'node', 'rollback', '--rescue')
    await node.assertUntouched(alive, 'up', 'nova_libvirt')
    await node.assertAtRest()
    await consoleGoesOn()

    await node.expect(0, 'node', 'give-back', '--rescue')
    assert.deepEqual(await states(), ['active always enabled', 'active always enabled'])
    const names = (lines: readonly string[]): readonly string[] =>
      lines.map((line) => line.split(' ').at(-1) ?? '')
    assert.deepEqual(
      names(await node.containers()),
      names(own),
      'the containers that were there, and no other',
    )
    await node.assertUntouched(alive, 'down')
    await kolla.novaIsUp()
    await consoleGoesOn()
    await assertOneLibvirt(t, watch, kolla.host, guest.name)
  })

  test('Kolla’s next run leaves the containers alone that were given back', async () => {
    const { exitCode, output } = await kolla.play({ action: 'deploy', tag: 'one' })
    assert.equal(exitCode, 0, output)
    assert.match(output, /^ok: \[node\] => \(item=\{'key': 'nova-libvirt'/m)
    assert.match(output, /^ok: \[node\] => \(item=\{'key': 'nova-compute'/m)
    await node.assertUntouched(alive, 'down')
  })

  test('Kolla’s next deployment of a node that is taken over starts no second libvirt, and its containers are given back', async (t) => {
    await node.expect(0, 'node', 'adopt', '--rescue', RUNNING)
    const watch = await watchLibvirts(kolla.host)
    // Kolla waits two minutes for a unit that does not start, and tries five times: the first time is enough.
    const { output } = await kolla.play({ action: 'deploy', tag: 'one' }, { timeoutMs: 150_000 })
    assert.match(output, /Notifying handlers: .*Restart nova-libvirt container/)
    await node.assertUntouched(alive, 'up', 'nova_libvirt')
    await node.assertAtRest()
    await assertDisarmed()
    await node.expect(0, 'node', 'give-back', '--rescue')
    assert.deepEqual(await states(), ['active always enabled', 'active always enabled'])
    await node.assertUntouched(alive, 'down')
    await assertOneLibvirt(t, watch, kolla.host, guest.name)
  })

  test('after a reboot of a node that is taken over one release runs; after one that was given back, Kolla’s containers', async () => {
    await kolla.host.must([ENGINE, 'cp', USERS, 'nova_libvirt:/etc/libvirt/passwd.db'])
    await node.expect(0, 'node', 'adopt', '--rescue', RUNNING)
    await kolla.host.reboot('orderly')
    await node.expect(0, 'node', 'recover')
    await assertDisarmed()
    assert.equal((await kolla.host.sh('pgrep -xc libvirtd')).trim(), '1')
    await node.assertAtRest()
    await node.expect(0, 'node', 'give-back')
    await kolla.host.reboot('power cut')
    await waitForLibvirt(kolla.host, 'nova_libvirt', ENGINE)
    assert.deepEqual(await states(), ['active always enabled', 'active always enabled'])
  })
})
