import assert from 'node:assert/strict'
import { test } from 'node:test'

import type { Mount } from '../container.ts'
import { filesMountedInside, sharedFiles } from './files-mounted-inside.ts'
import type { FilePlace } from './files-mounted-inside.ts'

const NOVA: Mount = { type: 'bind', source: '/srv/nova', target: '/var/lib/nova', readOnly: false }
const OLD = { name: 'old', mounts: [NOVA], pid: 42 }
const VOLUME = '/var/lib/nova/mnt/h/volume'
const GUESTS = [{ name: 'vm', files: ['/var/lib/nova/disk', VOLUME, '/opt/own', '/dev/sda'] }]
const DISK: FilePlace = { inode: '1:5', fileSystem: 'other' }

/** What is found where the volume is `inside` as the container sees it, and `outside` as the host does. */
function found(inside: FilePlace, outside?: FilePlace): readonly (readonly [string, string, string])[] {
  const places = {
    '/proc/42/root/var/lib/nova/disk': DISK,
    '/srv/nova/disk': DISK,
    [`/proc/42/root${VOLUME}`]: inside,
    ...(outside === undefined ? {} : { '/srv/nova/mnt/h/volume': outside }),
  }
  return filesMountedInside(OLD, sharedFiles(OLD, GUESTS, []), places).map(
    ({ severity, code, subject }) => [severity, code, subject] as const,
  )
}

test('a file that only the old container sees below a bind is on what was mounted inside it', () => {
  const share: FilePlace = { inode: '2:7', fileSystem: 'other' }
  assert.deepEqual(found(share), [['warn', 'GUEST_FILE_MOUNTED', 'vm']])
  assert.deepEqual(found(share, share), [])
})

test('another file at the same place of the host is not that file', () => {
  const hidden: FilePlace = { inode: '1:9', fileSystem: 'other' }
  assert.deepEqual(found({ inode: '2:7', fileSystem: 'other' }, hidden), [
    ['warn', 'GUEST_FILE_MOUNTED', 'vm'],
  ])
})

test('a file on what ends with the container refuses', () => {
  for (const fileSystem of ['tmpfs', 'ramfs', 'overlay', 'fuse'] as const) {
    const memory: FilePlace = { inode: '3:2', fileSystem }
    assert.deepEqual(found(memory), [['refuse', 'GUEST_FILE_MOUNTED', 'vm']], fileSystem)
    assert.deepEqual(found(memory, memory), [], `${fileSystem} that is shared with the host`)
  }
})

test('a host’s libvirt, a container that has stopped and files that stay behind anyway are left out', () => {
  assert.deepEqual(sharedFiles({ ...OLD, pid: 0 }, GUESTS, []), [])
  assert.deepEqual(sharedFiles({ ...OLD, hostUnit: { unit: 'libvirtd.service' } }, GUESTS, []), [])
  const paths = sharedFiles(OLD, GUESTS, [{ path: VOLUME }]).map(({ path }) => path)
  assert.deepEqual(paths, ['/var/lib/nova/disk'])
})
