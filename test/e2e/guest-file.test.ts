import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'

import { Host, startGuest, virsh, waitForLibvirt } from '../../lab/index.ts'
import { chosenHost } from '../integration/node/support/chosen-host.ts'
import { ComputeNode } from '../integration/node/support/compute-node.ts'
import type { Alive } from '../integration/node/support/compute-node.ts'

type Planned = Readonly<{
  check: Readonly<{ findings: readonly Readonly<{ code: string; severity: string }>[] }>
}>

const FILTER = "<filter name='mine' chain='root'><rule action='accept' direction='inout'/></filter>"
const PORT =
  "<interface type='bridge'><source bridge='filtered'/><model type='virtio'/><filterref filter='mine'/></interface>"
const IMAGE = 'nova-libvirt:bookworm'
const OFF = `<domain type='qemu'><name>off</name><memory>65536</memory><os><type>hvm</type></os>
  <devices><disk type='file'><source file='/data/off.img'/><target dev='vda' bus='virtio'/></disk></devices></domain>`

describe('a guest whose files the next libvirt would not have', () => {
  let node: ComputeNode
  let alive: Alive
  const release = (mark: string, ...binds: readonly string[]): Promise<string> =>
    node.lock({
      mark,
      edit: (text) =>
        text.replace(
          '      - /etc/libvirt/qemu:/etc/libvirt/qemu\n',
          (line) => `${line}${binds.map((bind) => `      - ${bind}\n`).join('')}`,
        ),
    })
  const inside = async (script: string): Promise<string> =>
    node.host.must(['docker', 'exec', await node.container(), 'sh', '-euc', script])
  const refused = async (path: string): Promise<readonly string[]> =>
    (await node.refusals(path)).map(({ code, subject }) => `${code} ${subject}`)
  /** How severe a plan finds the records of libvirt that stay behind. */
  const recorded = async (path: string): Promise<readonly string[]> => {
    const { value } = await node.anneal<Planned>(['node', 'plan', path])
    const found = value.check.findings.filter(({ code }) => code === 'LIBVIRT_RECORDS_STAY')
    return found.map(({ severity }) => severity)
  }
  before(async () => {
    node = await ComputeNode.on(
      await Host.up(chosenHost({ name: 'guest-file', engine: 'docker', init: 'systemd', images: [IMAGE] })),
      'docker',
    )
    await node.host.sh('mkdir -p /data /srv; truncate --size 1M /data/off.img')
    await node.expect(0, 'node', 'upgrade', await release('one', '/data:/data'))
    const guest = await startGuest(node.host, { name: 'inside', via: await node.container() })
    await inside(
      'mkdir -p /srv/vms; truncate --size 1M /srv/vms/data.img; chmod 666 /srv/vms/data.img; virsh attach-disk inside /srv/vms/data.img vdb --subdriver raw --live --config',
    )
    await node.write('/var/lib/nova/off.xml', OFF)
    await inside('virsh define /var/lib/nova/off.xml')
    alive = await node.alive(guest)
  })
  after(() => node?.down())

  test('is refused, by what runs and by what is only defined', async () => {
    assert.deepEqual(await refused(await release('nothing')), [
      'GUEST_FILE_STAYS inside',
      'GUEST_FILE_STAYS off',
    ])
    assert.deepEqual(await refused(await release('data', '/data:/data')), ['GUEST_FILE_STAYS inside'])
    // Bound, but it is not the same file.
    assert.deepEqual(await refused(await release('empty', '/data:/data', '/srv:/srv')), [
      'GUEST_FILE_STAYS inside',
    ])
    await node.assertUntouched(alive)
  })

  test('is refused on memory that was mounted inside the container, also where the host has another file there', async () => {
    const data = await release('memory', '/data:/data', '/srv/vms:/srv/vms')
    await inside(
      'virsh detach-disk inside vdb --live --config; mkdir /data/ram; mount -t tmpfs none /data/ram; truncate --size 1M /data/ram/d.img; chmod 666 /data/ram/d.img',
    )
    // A running guest has mounts of its own, as they were at its start.
    await node.write('/var/lib/nova/ram.xml', OFF.replace('off<', 'ram<').replace('/data/off', '/data/ram/d'))
    await inside('virsh define /var/lib/nova/ram.xml; virsh start ram')
    assert.ok((await refused(data)).includes('GUEST_FILE_MOUNTED ram'))
    await node.host.sh('touch /data/ram/d.img')
    assert.ok((await refused(data)).includes('GUEST_FILE_MOUNTED ram'))
    await inside('virsh destroy ram; virsh undefine ram; umount -l /data/ram')
    await inside('virsh attach-disk inside /srv/vms/data.img vdb --subdriver raw --live --config')
    await node.assertUntouched(alive)
  })

  test('is upgraded once its files come along, and starts there', async () => {
    const old = await node.container()
    await inside('virsh detach-disk inside vdb --live --config')
    await node.host.must(['docker', 'cp', `${old}:/srv/vms`, '/srv/vms'])
    await node.host.must(['docker', 'exec', old, 'rm', '-r', '/srv/vms'])
    await inside('truncate --size 1M /opt/late.img')
    await node.expect(0, 'node', 'upgrade', await release('both', '/data:/data', '/srv/vms:/srv/vms'))
    await node.assertUntouched(alive)
    // What runs has the mounts of the container that started it: it starts again to have the new one.
    await inside(
      'virsh destroy inside; virsh attach-disk inside /srv/vms/data.img vdb --subdriver raw --config; virsh start inside',
    )
  })

  test('keeps a container that no release refers to while a guest names a file in it', async () => {
    await inside('virsh destroy inside')
    await node.write('/var/lib/nova/late.xml', OFF.replace('off<', 'late<').replace('/data/off', '/opt/late'))
    await inside('virsh define /var/lib/nova/late.xml')
    const first = (await node.containers()).filter((line) => line.includes('exited'))
    await node.expect(0, 'node', 'upgrade', await release('third', '/data:/data', '/srv/vms:/srv/vms'))
    const kept = await node.containers()
    assert.deepEqual(
      first.filter((line) => kept.includes(line)).map((line) => line.replace(/-[0-9a-f]{12} .*/, '')),
      ['/compute-libvirt'],
    )
    const { exitCode } = await virsh(node.host, await node.container(), ['undefine', 'late'])
    assert.equal(exitCode, 0)
    await node.expect(0, 'node', 'recover')
    const left = await node.containers()
    assert.deepEqual(
      first.filter((line) => left.includes(line)),
      [],
    )
  })

  test('is refused where its network filter stays, without which libvirt does not start', async () => {
    const container = await node.container()
    // The image has no programs that set rules. What they do does not matter here.
    await inside(
      "for p in iptables ip6tables ebtables; do printf '#!/bin/sh\\n' >/usr/sbin/$p; chmod 755 /usr/sbin/$p; done",
    )
    await node.host.must(['docker', 'restart', '--time', '5', container])
    await waitForLibvirt(node.host, container, 'docker')
    await node.host.sh('ip link add filtered type bridge; ip link set filtered up')
    await node.write('/var/lib/nova/mine.xml', FILTER)
    await node.write('/var/lib/nova/port.xml', PORT)
    await inside('virsh nwfilter-define /var/lib/nova/mine.xml')
    const fourth = await release('fourth', '/data:/data', '/srv/vms:/srv/vms')
    assert.deepEqual(await recorded(fourth), ['warn'])
    await startGuest(node.host, { name: 'filtered', via: container })
    await inside('virsh attach-device filtered /var/lib/nova/port.xml --live')
    assert.deepEqual(await recorded(fourth), ['refuse'])

    await inside('mv /etc/libvirt/nwfilter/mine.xml /root')
    await node.host.must(['docker', 'restart', '--time', '5', container])
    await assert.rejects(waitForLibvirt(node.host, container, 'docker', 10_000))
    const { stderr } = await node.host.exec(['docker', 'logs', '--tail', '20', container])
    assert.match(stderr, /referenced filter 'mine' is missing/)
  })
})
