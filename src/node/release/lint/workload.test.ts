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

test('a helper of a network in a container of its own is no network agent, whatever image it is of', () => {
  const role = (name: string, command: readonly string[]): string =>
    workloadOfContainer({
      ...LIBVIRT,
      name,
      image: 'quay.example/openstack-neutron-metadata-agent-ovn:current',
      labels: {},
      entrypoint: [],
      command,
    }).role
  // As edpm-ansible's wrappers start them.
  const haproxy = [
    '/bin/bash',
    '-c',
    'exec /usr/sbin/haproxy -Ws -f /var/lib/neutron/ovn-metadata-proxy/a.conf',
  ]
  const dnsmasq = ['/bin/bash', '-c', 'exec /usr/sbin/dnsmasq -k --no-hosts --interface=tap0']
  assert.equal(role('neutron-haproxy-ovnmeta-2d5f', haproxy), 'other')
  assert.equal(role('neutron-dnsmasq-qdhcp-2d5f', dnsmasq), 'other')
  assert.equal(role('ovn_metadata_agent', ['kolla_start']), 'network')
  assert.equal(role('agent', ['sh', '-c', 'dnsmasq & exec neutron-dhcp-agent']), 'network')
})
