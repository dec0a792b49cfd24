import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../container.ts'
import type { Endangered } from '../kill-set/index.ts'
import { examine } from './doctor.ts'
import type { DoctorInput } from './doctor.ts'
import { HEALTHY, LIBVIRT } from './fixtures/healthy-node.ts'

const engine: DoctorInput['engine'] = {
  ...HEALTHY.engine,
  kind: 'containerd',
  version: '1.6.20',
  keptByKubelet: true,
  startsAtBoot: false,
}
const pod = { id: '5a'.repeat(32), namespace: 'openstack', name: 'libvirt', uid: 'u' }
const sandbox: Container = {
  ...LIBVIRT,
  id: pod.id,
  name: 'openstack/libvirt',
  image: 'registry.k8s.io/pause:3.6',
  entrypoint: ['/pause'],
  command: [],
  labels: {},
  pidMode: 'private',
  mounts: [],
  restartPolicy: 'no',
  pod: { ...pod, part: 'sandbox' },
}
const container: Container = {
  ...LIBVIRT,
  name: 'openstack/libvirt/libvirt',
  labels: {},
  restartPolicy: 'no',
  pod: { ...pod, part: 'container' },
}

test('on a node of pods the doctor says what keeps them, and misses neither restart policies nor a boot unit', () => {
  const findings = examine({ ...HEALTHY, engine, containers: [sandbox, container] })
  assert.deepEqual(
    findings.filter(({ code }) => code !== 'VERSIONS_NOT_SEEN').map(({ code, severity }) => [severity, code]),
    [['info', 'NODE_OF_PODS']],
  )
  assert.match(findings.at(-1)?.evidence ?? '', /containerd 1.6.20 runs 1 pods \(openstack\/libvirt\)/)
})

test('a guest that ends with a pod is named with the pod, and no rescue is offered', () => {
  const one: Endangered = {
    kind: 'guest',
    subject: 'u',
    name: 'vm',
    pid: 7,
    containerName: sandbox.name,
    mechanisms: ['podCgroup'],
    evidence: 'pids:/kubepods/podu/x',
    rescuable: true,
  }
  const [first] = examine({ ...HEALTHY, engine, containers: [sandbox, container], endangered: [one] })
  assert.equal(first?.code, 'GUEST_ENDANGERED')
  assert.match(first?.evidence ?? '', /dies with pod "openstack\/libvirt"/)
  assert.doesNotMatch(first?.remedy ?? '', /rescue/)
})
