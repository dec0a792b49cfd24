import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, guestPid, instanceDirectory, startGuest, virsh, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'

describe('a guest that libvirt ends with a connection', () => {
  const name = 'guestfs-0123456789abcdef'
  let node: ComputeNode
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(
        chosenHost({ name: 'guest-of-client', engine: 'docker', init: 'systemd', images: [IMAGE] }),
      ),
      'docker',
    )
    await node.expect(0, 'node', 'upgrade', await node.lock({ mark: 'one' }))
    const via = await node.container()
    await startGuest(node.host, { name, via })
    for (const words of [
      ['destroy', name],
      ['undefine', name],
    ])
      await virsh(node.host, via, words)
    const asked = `(echo 'create ${instanceDirectory(name)}/domain.xml --autodestroy'; sleep 900) | virsh`
    await node.host.must(['docker', 'exec', '--detach', via, 'sh', '-c', asked])
    for (let n = 0; n < 120 && (await guestPid(node.host, name)) === 0; n++) await sleep(500)
    assert.notEqual(await guestPid(node.host, name), 0)
  })
  after(() => node?.down())

  test('a switch is refused meanwhile', async () => {
    const refusals = await node.refusals(await node.lock({ mark: 'two' }))
    assert.deepEqual(
      refusals.map(({ code, subject }) => `${code} ${subject}`),
      [`GUEST_BUSY ${name}`],
    )
  })

  test('libvirt ends it when it stops', async () => {
    await node.host.must(['docker', 'stop', '--time', '20', await node.container()])
    assert.equal(await guestPid(node.host, name), 0)
  })
})

describe('a guest that was asked to reboot, does not act on it, and is paused', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  const said = async (...words: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await virsh(node.host, await node.container(), words)
    assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`)
    return stdout.trim()
  }
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(chosenHost({ name: 'guest-reboot', engine: 'docker', init: 'systemd', images: [IMAGE] })),
      'docker',
    )
    await node.expect(0, 'node', 'upgrade', await node.lock({ mark: 'one' }))
    guest = await startGuest(node.host, { name: 'asked', via: await node.container() })
    // The guest of the test bed ends where it would restart; those of Nova restart.
    const definition = `${instanceDirectory(guest.name)}/domain.xml`
    await node.host.sh(`sed -i 's:<on_reboot>destroy:<on_reboot>restart:' ${definition}`)
    for (const words of [
      ['destroy', guest.name],
      ['define', definition],
      ['start', guest.name],
    ]) {
      await said(...words)
    }
    alive = await node.alive(guest)
    await said('reboot', guest.name, '--mode', 'acpi')
  })
  after(() => node?.down())

  test('a switch is refused while it is paused, and goes on while it runs', async () => {
    await said('suspend', guest.name)
    const next = await node.lock({ mark: 'two' })
    const refusals = await node.refusals(next)
    assert.deepEqual(
      refusals.map(({ code, subject }) => `${code} ${subject}`),
      ['GUEST_BUSY asked'],
    )
    await said('resume', guest.name)
    await node.expect(0, 'node', 'upgrade', next)
    await node.assertUntouched(alive)
  })

  test('libvirt lets the paused guest run, from its start, once it has it back', async () => {
    await said('suspend', guest.name)
    assert.equal(await said('domstate', guest.name), 'paused')
    const name = await node.container()
    await node.host.must(['docker', 'restart', '--time', '5', name])
    await waitForLibvirt(node.host, name, 'docker')
    for (let n = 0; n < 40 && (await said('domstate', guest.name)) !== 'running'; n++) await sleep(500)
    assert.equal(await said('domstate', guest.name), 'running')
  })
})
