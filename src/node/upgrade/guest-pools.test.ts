import assert from 'node:assert/strict'
import { test } from 'node:test'
import { poolFindings } from './guest-pools.ts'
import type { StoragePool } from './guest-pools.ts'

type Old = Parameters<typeof poolFindings>[0]
type Next = Parameters<typeof poolFindings>[1]

const bind = (source: string, target = source) => ({ type: 'bind', source, target, readOnly: false }) as const
const next = (...mounts: readonly ReturnType<typeof bind>[]): Next =>
  ({ name: 'libvirt', container: { mounts } }) as unknown as Next
const guests = [
  { name: 'vm', storagePools: ['vms'] },
  { name: 'other', storagePools: [] },
]
const VMS: StoragePool = { name: 'vms', type: 'dir', path: '/srv/vms' }
const container: Old = { mounts: [bind('/srv')] }

const found = (
  old: Old,
  to: Next,
  { pools = [VMS], driven }: { pools?: readonly StoragePool[]; driven?: readonly string[] | undefined } = {
    driven: ['dir', 'fs'],
  },
) =>
  poolFindings(old, to, guests, pools, driven).map(
    ({ severity, code, subject }) => `${severity} ${code} ${subject}`,
  )
const refused = ['refuse GUEST_POOL_GONE vm']

test('a pool whose directory does not come along refuses, and one that does is fine', () => {
  assert.deepEqual(found(container, next(bind('/srv'))), [])
  assert.deepEqual(found(container, next(bind('/srv/vms'))), [])
  assert.deepEqual(found(container, next(bind('/var/lib/libvirt'))), refused)
  assert.deepEqual(found(container, next(bind('/mnt/vms', '/srv/vms'))), refused)
  assert.deepEqual(found(container, next(bind('/srv')), { pools: [], driven: ['dir'] }), refused)
  const host = { mounts: [], hostUnit: { unit: 'libvirtd.service' } }
  assert.deepEqual(found(host, next(bind('/srv'))), [])
  assert.deepEqual(found(host, next()), refused)
})

test('a new libvirt without a storage driver for the type of the pool refuses, and one that did not say', () => {
  const same = next(bind('/srv'))
  assert.deepEqual(found(container, same, { driven: [] }), refused)
  assert.deepEqual(found(container, same, { driven: ['logical'] }), refused)
  assert.deepEqual(found(container, same, { driven: undefined }), refused)
})

test('a pool that no libvirt finds active after a restart refuses whatever drivers there are', () => {
  const pools: readonly StoragePool[] = [{ name: 'vms', type: 'rbd', path: undefined }]
  assert.deepEqual(found(container, next(bind('/srv')), { pools, driven: ['dir', 'rbd'] }), refused)
  const iscsi: readonly StoragePool[] = [{ name: 'vms', type: 'iscsi-direct', path: undefined }]
  assert.deepEqual(found(container, next(bind('/srv')), { pools: iscsi, driven: ['iscsi-direct'] }), [])
})
