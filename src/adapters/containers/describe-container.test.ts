import assert from 'node:assert/strict'
import { test } from 'node:test'
import { specFromInspect } from './describe-container.ts'
import type { InspectedContainer } from './describe-container.ts'
import { readMounts } from './read-inspect.ts'

// As Podman 5.4 lists what Kolla's module gave a container; left: what does not bear on mounts.
const MOUNTS: InspectedContainer['mounts'] = [
  { Type: 'volume', Name: 'nova_compute', Source: '/v/_data', Destination: '/var/lib/nova/', RW: true },
  { Type: 'bind', Source: '/dev', Destination: '/dev', RW: true, Propagation: 'rprivate' },
  { Type: 'bind', Source: 'devpts', Destination: '/dev/pts', RW: true, Propagation: '' },
  { Type: 'bind', Source: '/etc/kolla/nova', Destination: '/var/lib/kolla/config_files/', RW: false },
]

test('paths end without a slash, and a file system of the kernel is no bind of a directory', () => {
  const { mounts } = specFromInspect(
    {
      id: 'c',
      name: 'nova_libvirt',
      config: {},
      host: { Binds: ['/etc/kolla/nova:/var/lib/kolla/config_files/:ro,rbind', 'devpts:/dev/pts'] },
      mounts: MOUNTS,
      defaults: { logDriver: '', ulimits: [], pidsLimit: 0, ipcModes: [], environment: [] },
    },
    {},
    { reference: 'i', held: { id: 'sha256:i', repoDigests: [] } },
  )
  assert.deepEqual(
    mounts.map(({ type, source, target, createHostPath }) => [type, source, target, createHostPath]),
    [
      ['bind', '/dev', '/dev', false],
      ['bind', '/etc/kolla/nova', '/var/lib/kolla/config_files', true],
      ['volume', 'nova_compute', '/var/lib/nova', undefined],
    ],
  )
  assert.deepEqual(
    readMounts({ Mounts: MOUNTS }).map(({ target }) => target),
    ['/var/lib/nova', '/dev', '/dev/pts', '/var/lib/kolla/config_files'],
  )
})

test('the size of /dev/shm is that of a container which has one of its own', () => {
  const size = (IpcMode: string): number | undefined =>
    specFromInspect(
      {
        id: 'c',
        name: 'nova_compute',
        config: {},
        host: { IpcMode, ShmSize: 65_536_000 },
        mounts: [],
        defaults: { logDriver: '', ulimits: [], pidsLimit: 0, ipcModes: [], environment: [] },
      },
      {},
      { reference: 'i', held: { id: 'sha256:i', repoDigests: [] } },
    ).shmSizeBytes
  assert.deepEqual(['private', 'shareable', 'host', 'container:other'].map(size), [
    65_536_000,
    65_536_000,
    undefined,
    undefined,
  ])
})
