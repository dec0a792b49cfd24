import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../../container.ts'
import { LIBVIRT } from '../../doctor/fixtures/healthy-node.ts'
import { workloadOfContainer } from './workload.ts'

const workload = (changes: Partial<Container>): string => {
  const { role, libvirtSocket } = workloadOfContainer({
    ...LIBVIRT,
    labels: {},
    entrypoint: [],
    image: 'localhost/anneal/nova-libvirt-modular:1',
    ...changes,
  })
  return `${role} ${libvirtSocket}`
}

test('of the modular daemons virtqemud is the libvirt, whatever image all of them have', () => {
  assert.equal(workload({ name: 'a', command: ['virtqemud'] }), 'libvirt virtqemud-sock')
  assert.equal(workload({ name: 'a', command: ['/usr/sbin/virtnetworkd'] }), 'network libvirt-sock')
  for (const daemon of ['virtnodedevd', 'virtsecretd', 'virtstoraged', 'virtproxyd'])
    assert.equal(workload({ name: 'a', command: [daemon] }), 'other libvirt-sock', daemon)
  assert.equal(workload({ name: 'a', command: ['virtlogd'] }), 'virtlogd libvirt-sock')
})

test('an entry point that reads what it runs from a file is known by the name of its container', () => {
  assert.equal(workload({ name: 'nova_virtqemud', command: ['kolla_start'] }), 'libvirt virtqemud-sock')
  assert.equal(workload({ name: 'nova_libvirt', command: ['kolla_start'] }), 'libvirt libvirt-sock')
})
