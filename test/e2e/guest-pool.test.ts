import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, guestPid, startGuest, virsh, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'
const DISK =
  "<disk type='volume' device='disk'><driver name='qemu' type='raw'/><source pool='vms' volume='data.img'/><target dev='vdb' bus='virtio'/></disk>"

describe('a guest with a volume of a storage pool, whose directory the next libvirt lacks', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  const release = (mark: string, pool: string): Promise<string> =>
    node.lock({
      mark,
      edit: (text) =>
        text.replace('      - /etc/libvirt/qemu:/etc/libvirt/qemu\n', (line) => `${line}${pool}`),
    })
  before(async () => {
    node = await ComputeNode.on(
      await Host.up({ name: 'guest-pool', engine: 'docker', init: 'systemd', images: [IMAGE] }),
      'docker',
    )
    await node.host.sh('mkdir -p /srv/vms; truncate --size 1M /srv/vms/data.img; chmod 666 /srv/vms/data.img')
    await node.expect(0, 'node', 'upgrade', await release('with', '      - /srv/vms:/srv/vms\n'))
    const via = await node.container()
    const said = async (...words: readonly string[]): Promise<void> => {
      const { exitCode, stderr } = await virsh(node.host, via, words)
      assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`)
    }
    await said('pool-create-as', 'vms', 'dir', '--target', '/srv/vms')
    guest = await startGuest(node.host, { name: 'pooled', via })
    await node.write('/var/lib/nova/disk.xml', DISK)
    await said('attach-device', guest.name, '/var/lib/nova/disk.xml', '--live')
    alive = await node.alive(guest)
  })
  after(() => node?.down())

  test('a release without the directory is refused, and one with it goes on', async () => {
    const without = await release('without', '')
    const refusals = await node.refusals(without)
    assert.deepEqual(
      refusals.map(({ code, subject }) => `${code} ${subject}`),
      ['GUEST_POOL_GONE pooled'],
    )
    await node.expect(0, 'node', 'upgrade', await release('other', '      - /srv:/srv\n'))
    await node.assertUntouched(alive)
  })

  test('libvirt stops the guest when its pool is gone', async () => {
    const name = await node.container()
    await node.host.must(['docker', 'stop', '--time', '5', name])
    await node.host.must(['mv', '/srv/vms', '/srv/moved'])
    await node.host.must(['docker', 'start', name])
    await waitForLibvirt(node.host, name, 'docker')
    for (let n = 0; n < 40 && (await guestPid(node.host, guest.name)) !== 0; n++) await sleep(500)
    assert.equal(await guestPid(node.host, guest.name), 0)
  })
})
