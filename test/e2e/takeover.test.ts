import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { byHandArguments, imageReference, startGuest, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'
import { kollaUnit, unitState } from '../integration/node/support/kolla-unit.ts'
import { assertOneLibvirt, watchLibvirts } from '../integration/node/support/watch-libvirts.ts'

const NAME = 'nova_libvirt'
const UNIT = `kolla-${NAME}-container.service`

type Imported = Readonly<{ text: string; findings: readonly Readonly<{ code: string; severity: string }>[] }>

describe('taking over a node that a unit for each container runs, as Kolla does', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  let own: readonly string[]
  before(async () => {
    node = await ComputeNode.up({ name: 'takeover', engine: 'docker' }, 'docker')
    await node.host.must([
      'docker',
      'create',
      ...byHandArguments({ name: NAME, image: 'nova-libvirt:bookworm', engine: 'docker' }),
    ])
    own = await node.containers()
    await node.write(`/etc/systemd/system/${UNIT}`, kollaUnit(NAME))
    await node.host.sh(`systemctl daemon-reload; systemctl enable --now ${UNIT}`)
    await waitForLibvirt(node.host, NAME, 'docker')
    guest = await startGuest(node.host, { name: 'takeover-guest', via: NAME, engine: 'docker' })
    alive = await node.alive(guest)
  })
  after(() => node?.down())

  test('the release of what runs is written, and locked without a change', async () => {
    const { text, findings } = await node.expect<Imported>(0, 'node', 'import', '--running')
    assert.deepEqual(
      findings.filter(({ severity }) => severity === 'refuse'),
      [],
    )
    assert.match(text, /^ {2}nova_libvirt:$/m)
    assert.match(text, /image: .*sha256:[0-9a-f]{64}/)
    await node.write('/etc/anneal/running.yaml', text)
    await node.expect(0, 'node', 'lock', '/etc/anneal/running.yaml')
    await node.expect(0, 'node', 'adopt', '--dry-run', '/etc/anneal/running.locked.yaml')
  })

  test('adopt, upgrade, roll back and give back: the same guest, and one libvirtd at every moment', async (t) => {
    const watch = await watchLibvirts(node.host)
    await node.expect(0, 'node', 'adopt', '/etc/anneal/running.locked.yaml')
    assert.deepEqual(await unitState(node, UNIT), ['inactive', 'no', 'enabled'])
    const again = await node.expect<Imported>(0, 'node', 'import', '--running')
    const adopted = await release(node, '/etc/anneal/running.locked.yaml')
    await node.write('/etc/anneal/again.yaml', again.text)
    await node.expect(0, 'node', 'lock', '/etc/anneal/again.yaml')
    assert.equal(await release(node, '/etc/anneal/again.locked.yaml'), adopted, 'the same release again')

    const image = imageReference('nova-libvirt:bookworm-backports')
    const id = (await node.host.must(['docker', 'image', 'inspect', '--format', '{{.Id}}', image])).trim()
    await node.host.sh(
      `sed -E "s#image: .*#image: ${id}#" /etc/anneal/running.locked.yaml >/etc/anneal/next.locked.yaml`,
    )
    await node.expect(0, 'node', 'upgrade', '/etc/anneal/next.locked.yaml')
    await node.host.sh(`systemctl start ${UNIT}`)
    assert.deepEqual(await unitState(node, UNIT), ['inactive', 'no', 'enabled'])
    await node.assertUntouched(alive, 'up', NAME)
    await node.expect(0, 'node', 'rollback')
    await node.assertUntouched(alive, 'up', NAME)
    await node.assertAtRest()

    await node.expect(0, 'node', 'give-back')
    assert.deepEqual(await unitState(node, UNIT), ['active', 'always', 'enabled'])
    assert.deepEqual(
      (await node.containers()).map((line) => line.split(' ').at(-1)),
      own.map((line) => line.split(' ').at(-1)),
      'the container that was there, and no other',
    )
    await node.assertUntouched(alive, 'down')
    await assertOneLibvirt(t, watch, node.host, guest.name)
  })

  test('after a reboot of an adopted node one release runs, and the unit stays disarmed', async () => {
    await node.expect(0, 'node', 'adopt', '/etc/anneal/running.locked.yaml')
    await node.host.reboot('orderly')
    await node.prepare()
    await node.expect(0, 'node', 'recover')
    assert.deepEqual(await unitState(node, UNIT), ['inactive', 'no', 'enabled'])
    assert.equal((await node.host.sh('pgrep -xc libvirtd')).trim(), '1')
    await node.assertAtRest()
    await node.expect(0, 'node', 'give-back')
    await node.host.reboot('power cut')
    await node.prepare()
    await waitForLibvirt(node.host, NAME, 'docker')
    assert.deepEqual(await unitState(node, UNIT), ['active', 'always', 'enabled'])
  })
})

/** The id of a locked release, as a plan names it. */
async function release(node: ComputeNode, file: string): Promise<string> {
  type Planned = Readonly<{ plan: Readonly<{ toReleaseId: string }> }>
  const { value } = await node.anneal<Planned>(['node', 'plan', file])
  return value.plan.toReleaseId
}
