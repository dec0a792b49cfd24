import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Mount } from '../container.ts'
import { filesMountedInside, sharedFiles } from './files-mounted-inside.ts'

const NOVA: Mount = { type: 'bind', source: '/srv/nova', target: '/var/lib/nova', readOnly: false }
const OLD = { name: 'old', mounts: [NOVA], pid: 42 }
const VOLUME = '/var/lib/nova/mnt/h/volume'
const GUESTS = [{ name: 'vm', files: ['/var/lib/nova/disk', VOLUME, '/opt/own', '/dev/sda'] }]

test('a file that only the old container sees below a bind is on what was mounted inside it', () => {
  const shared = sharedFiles(OLD, GUESTS, [])
  const there = new Set(['/proc/42/root/var/lib/nova/disk', '/srv/nova/disk', `/proc/42/root${VOLUME}`])
  assert.deepEqual(
    filesMountedInside(OLD, shared, there).map(({ severity, code, subject }) => [severity, code, subject]),
    [['warn', 'GUEST_FILE_MOUNTED', 'vm']],
  )
  const both = new Set([...there, '/srv/nova/mnt/h/volume'])
  assert.deepEqual(filesMountedInside(OLD, shared, both), [])
})

test('a host’s libvirt, a container that has stopped and files that stay behind anyway are left out', () => {
  assert.deepEqual(sharedFiles({ ...OLD, pid: 0 }, GUESTS, []), [])
  assert.deepEqual(sharedFiles({ ...OLD, hostUnit: { unit: 'libvirtd.service' } }, GUESTS, []), [])
  const paths = sharedFiles(OLD, GUESTS, [{ path: VOLUME }]).map(({ path }) => path)
  assert.deepEqual(paths, ['/var/lib/nova/disk'])
})
