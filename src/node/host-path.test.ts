import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Mount } from './container.ts'
import { writtenAt } from './host-path.ts'

const mount = (type: Mount['type'], source: string, target: string, heldIn?: string): Mount => ({
  type,
  source,
  target,
  readOnly: false,
  ...(heldIn === undefined ? {} : { heldIn }),
})

test('files of a container are found in a bind, in a volume and in its own layer', () => {
  const mounts = [
    mount('bind', '/data/libvirt', '/etc/libvirt'),
    mount('volume', 'defined', '/etc/libvirt/qemu', '/var/lib/docker/volumes/defined/_data'),
    mount('volume', 'elsewhere', '/var/lib/nova'),
    mount('tmpfs', '', '/tmp'),
  ]
  const at = (path: string): string | undefined => writtenAt({ mounts, rootUpperDir: '/up' }, path)
  assert.equal(at('/etc/libvirt/nwfilter'), '/data/libvirt/nwfilter')
  assert.equal(at('/etc/libvirt/qemu'), '/var/lib/docker/volumes/defined/_data')
  assert.equal(at('/etc/libvirt/qemu/networks'), '/var/lib/docker/volumes/defined/_data/networks')
  // A plugin has it, nobody says where.
  assert.equal(at('/var/lib/nova/x'), undefined)
  assert.equal(at('/srv'), '/up/srv')
})
