import assert from 'node:assert/strict'
import { test } from 'node:test'
import { poolFindings, poolsInUse } from './guest-pools.ts'

type Next = Parameters<typeof poolFindings>[1]

const bind = (source: string, target = source) => ({ type: 'bind', source, target, readOnly: false }) as const
const next = (...mounts: readonly ReturnType<typeof bind>[]): Next =>
  ({ name: 'libvirt', container: { mounts } }) as unknown as Next
const volume = (pool: string) =>
  `<disk type='volume' device='disk'>\n  <driver name='qemu'/>\n  <source pool='${pool}' volume='a.img' index='1'/>\n</disk>`
const guest = {
  name: 'vm',
  xml: `<disk type='file' device='disk'><source file='/a'/></disk>${volume('vms')}${volume('vms')}`,
}
const VMS = { name: 'vms', path: '/srv/vms' }

test('the pools of a guest are those of its volumes, each once', () => {
  assert.deepEqual(poolsInUse([guest, { name: 'other', xml: "<disk type='file'></disk>" }]), [
    { guest: 'vm', pool: 'vms' },
  ])
})

test('a pool whose directory does not come along refuses, and one that does is fine', () => {
  const found = (old: Parameters<typeof poolFindings>[0], to: Next, pools = [VMS]) =>
    poolFindings(old, to, [guest], pools).map(
      ({ severity, code, subject }) => `${severity} ${code} ${subject}`,
    )
  const container = { mounts: [bind('/srv')] }
  const refused = ['refuse GUEST_POOL_GONE vm']
  assert.deepEqual(found(container, next(bind('/srv'))), [])
  assert.deepEqual(found(container, next(bind('/srv/vms'))), [])
  assert.deepEqual(found(container, next(bind('/var/lib/libvirt'))), refused)
  assert.deepEqual(found(container, next(bind('/mnt/vms', '/srv/vms'))), refused)
  assert.deepEqual(found(container, next(bind('/srv')), []), refused, 'no pool is active')
  const host = { mounts: [], hostUnit: { unit: 'libvirtd.service' } }
  assert.deepEqual(found(host, next(bind('/srv'))), [])
  assert.deepEqual(found(host, next()), refused)
})
