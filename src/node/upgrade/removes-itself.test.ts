import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LIBVIRT } from '../doctor/fixtures/healthy-node.ts'
import { engineTooOld, removeThemselves, startsUnableToFork, unwatchedContainers } from './findings.ts'
import type { Plan } from './plan.ts'

const old = {
  name: 'libvirt',
  digest: 'adopted:1',
  image: 'i',
  containerId: LIBVIRT.id,
  containerName: LIBVIRT.name,
  stopGraceMs: 1,
  restart: 'no',
} as const
const next = {
  name: 'libvirt',
  digest: 'd',
  image: 'i',
  replace: 'always',
  stopGraceMs: 1,
  restart: 'no',
} as const
const plan: Plan = {
  id: 'p',
  kind: 'upgrade',
  project: 'compute',
  fromReleaseId: 'a',
  toReleaseId: 'b',
  hypervisor: 'libvirt',
  actions: [{ action: 'replace', service: 'libvirt', old, next, newName: 'new-libvirt' }],
  rescue: false,
  onFailure: 'rollBack',
}
const said = (findings: ReturnType<typeof removeThemselves>) =>
  findings.map(({ severity, code, subject }) => `${severity} ${code} ${subject}`)

test('a container that removes itself when it stops is refused', () => {
  assert.deepEqual(said(removeThemselves(plan, [{ ...LIBVIRT, autoRemove: true }])), [
    'refuse CONTAINER_REMOVES_ITSELF libvirt',
  ])
  assert.deepEqual(removeThemselves(plan, [{ ...LIBVIRT, autoRemove: false }]), [])
  const supervisors = [{ unit: 'edpm_nova_libvirt.service', ran: true, makes: true }]
  const made: Plan = {
    ...plan,
    actions: [{ action: 'replace', service: 'libvirt', old: { ...old, supervisors }, next, newName: 'n' }],
  }
  assert.deepEqual(removeThemselves(made, [{ ...LIBVIRT, autoRemove: true }]), [], 'its unit makes it again')
  const kept: Plan = { ...plan, actions: [{ action: 'keep', service: 'libvirt', old, because: 'unchanged' }] }
  assert.deepEqual(removeThemselves(kept, [{ ...LIBVIRT, autoRemove: true }]), [], 'it does not stop')
})

test('an adopted container without its conmon is refused', () => {
  const unwatched = { ...LIBVIRT, unwatched: true } as const
  assert.deepEqual(said(unwatchedContainers(plan, [unwatched])), ['refuse CONTAINER_UNSTARTABLE libvirt'])
  assert.deepEqual(unwatchedContainers(plan, [LIBVIRT]), [])
  const deployed = { ...old, digest: 'd' }
  const ofRelease: Plan = {
    ...plan,
    actions: [{ action: 'replace', service: 'libvirt', old: deployed, next, newName: 'new-libvirt' }],
  }
  assert.deepEqual(said(unwatchedContainers(ofRelease, [unwatched])), ['warn CONTAINER_UNSTARTABLE libvirt'])
})

test('a way back whose container could not fork is refused, and told where none is wanted', () => {
  const zero = { ...LIBVIRT, pidsLimit: 0, runtimeVersion: '1.4.3' }
  const found = (of: Plan) => said(startsUnableToFork(of, [zero], { passesZeroTaskLimit: true }))
  assert.deepEqual(found(plan), ['refuse TASK_LIMIT_OF_ONE libvirt'])
  assert.deepEqual(found({ ...plan, onFailure: 'rollForward' }), ['warn TASK_LIMIT_OF_ONE libvirt'])
  const forth = {
    ...plan,
    actions: [{ action: 'add', service: 'libvirt', next, newName: LIBVIRT.name }],
  } as Plan
  assert.deepEqual(found({ ...forth, onFailure: 'rollForward' }), ['refuse TASK_LIMIT_OF_ONE libvirt'])
  assert.deepEqual(startsUnableToFork(plan, [zero], { passesZeroTaskLimit: false }), [])
})

test('Podman 3 is refused, and no other engine', () => {
  const codes = (kind: 'podman' | 'docker' | 'containerd', version: string) =>
    said(engineTooOld({ kind, version }))
  assert.deepEqual(codes('podman', '3.0.1'), ['refuse ENGINE_TOO_OLD podman'])
  for (const [kind, version] of [
    ['podman', '4.3.1'],
    ['podman', '6.1.1'],
    ['docker', '20.10.24'],
    ['containerd', '1.6.20~ds1'],
  ] as const)
    assert.deepEqual(codes(kind, version), [])
})
