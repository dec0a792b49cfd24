import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'

import { Host, guestPid, imageReference, startGuest, virsh, waitForLibvirt } from '../../lab/index.ts'
import type { Guest } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

const IMAGE = 'nova-libvirt:bookworm'
/** A name that stands otherwise in XML. */
const POOL =
  "<pool type='dir'><name>vms &amp; more</name><target><path>/srv/vms &amp; more</path></target></pool>"
const DISK =
  "<disk type='volume' device='disk'><driver name='qemu' type='raw'/><source pool='vms &amp; more' volume='data.img'/><target dev='vdb' bus='virtio'/></disk>"
const DRIVER = '/usr/lib/*/libvirt/connection-driver/libvirt_driver_storage.so'
/** As IMAGE, and its libvirt has no storage driver. */
const DRIVERLESS = 'localhost/driverless:1'

describe('a guest with a volume of a storage pool that the next libvirt would not have', () => {
  let node: ComputeNode
  let guest: Guest
  let alive: Alive
  const release = (mark: string, pool: string, image = imageReference(IMAGE)): Promise<string> =>
    node.lock({
      mark,
      edit: (text) =>
        text
          .replace('      - /etc/libvirt/qemu:/etc/libvirt/qemu\n', (line) => `${line}${pool}`)
          .replaceAll(imageReference(IMAGE), image),
    })
  const said = async (...words: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await virsh(node.host, await node.container(), words)
    assert.equal(exitCode, 0, `${words.join(' ')}: ${stderr}`)
  }
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(chosenHost({ name: 'guest-pool', engine: 'docker', init: 'systemd', images: [IMAGE] })),
      'docker',
    )
    await node.host.sh(
      "mkdir -p '/srv/vms & more'; cd '/srv/vms & more'; truncate --size 1M data.img; chmod 666 data.img",
    )
    await node.host.sh(
      `name=$(docker create --network none --entrypoint sh ${imageReference(IMAGE)} -c 'rm ${DRIVER}'); docker start --attach $name; docker commit --change 'ENTRYPOINT ["/usr/local/bin/nova-libvirt"]' --change 'CMD ["libvirtd"]' $name ${DRIVERLESS}; docker rm $name`,
    )
    await node.expect(
      0,
      'node',
      'upgrade',
      await release('with', '      - /srv/vms & more:/srv/vms & more\n'),
    )
    await node.write('/var/lib/nova/pool.xml', POOL)
    await said('pool-create', '/var/lib/nova/pool.xml')
    guest = await startGuest(node.host, { name: 'pooled', via: await node.container() })
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

  test('an image whose libvirt has no storage driver is refused', async () => {
    const refusals = await node.refusals(await release('driverless', '      - /srv:/srv\n', DRIVERLESS))
    assert.deepEqual(
      refusals.map(({ code, subject }) => `${code} ${subject}`),
      ['GUEST_POOL_GONE pooled'],
    )
    assert.match(refusals[0]?.evidence ?? '', /no storage driver/)
    await node.assertUntouched(alive)
  })

  test('libvirt stops the guest when it has no storage driver, or its pool is gone', async () => {
    const name = await node.container()
    const isLost = async (): Promise<void> => {
      await node.host.must(['docker', 'restart', '--time', '5', name])
      await waitForLibvirt(node.host, name, 'docker')
      for (let n = 0; n < 40 && (await guestPid(node.host, guest.name)) !== 0; n++) await sleep(500)
      assert.equal(await guestPid(node.host, guest.name), 0)
    }
    await node.host.must(['docker', 'exec', name, 'sh', '-c', `mv ${DRIVER} /root`])
    await isLost()
    const back = 'mv /root/libvirt_driver_storage.so /usr/lib/*/libvirt/connection-driver'
    await node.host.must(['docker', 'exec', name, 'sh', '-c', back])
    await node.host.must(['docker', 'restart', '--time', '5', name])
    await waitForLibvirt(node.host, name, 'docker')
    await said('start', guest.name)
    await said('attach-device', guest.name, '/var/lib/nova/disk.xml', '--live')
    await node.host.must(['mv', '/srv/vms & more', '/srv/moved'])
    await isLost()
  })
})
