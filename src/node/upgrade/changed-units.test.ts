import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Census } from '../guests/index.ts'
import { process } from '../testing/processes.ts'
import { changedUnits, reloadsUnits, unitsThatHold } from './changed-units.ts'
import type { Plan } from './plan.ts'

const lines = (path: string) => [{ hierarchy: 0, controllers: [], path }]
const SCOPE = 'machine-qemu\\x2d1\\x2dvm.scope'
const GUEST = { name: 'vm', identity: { pid: 7, cgroups: lines(`/machine.slice/${SCOPE}/libvirt/emulator`) } }
const census = { guests: [GUEST], helpers: [], stale: [] } as unknown as Census
const table = {
  layout: 'unified',
  hostPidNamespace: 1,
  processes: [process('/bin/sh', [], { pid: 9, cgroups: lines('/system.slice/docker-0a.scope/init.scope') })],
} as const

test('guests and containers are in the unit of their cgroup and in its slices, and the engine is in its own', () => {
  const held = unitsThatHold({
    table,
    census,
    containers: [{ name: 'nova_libvirt', pid: 9 }] as never,
    engine: { kind: 'docker' },
  })
  assert.deepEqual(
    [...held.keys()],
    ['machine.slice', SCOPE, 'system.slice', 'docker-0a.scope', 'docker.service', 'containerd.service'],
  )
  assert.equal(held.get('machine.slice'), 'guest "vm" (pid 7)')
})

test('a changed unit refuses a plan that has systemd read it, and not the mounts of a changed /etc/fstab', () => {
  const held = new Map([[SCOPE, 'guest "vm" (pid 7)']])
  const [slice, mount] = changedUnits(
    [
      { name: 'machine.slice', takes: [SCOPE] },
      { name: 'srv.mount', takes: [SCOPE] },
    ],
    held,
    'plan',
  )
  assert.equal(slice?.severity, 'refuse')
  assert.match(
    slice?.evidence ?? '',
    /guest "vm" \(pid 7\) is in machine-qemu.*, which systemd stops with it/,
  )
  assert.equal(mount?.severity, 'warn')
  const [own] = changedUnits([{ name: SCOPE, takes: [SCOPE] }], held, 'doctor')
  assert.equal(own?.severity, 'warn')
  assert.match(own?.evidence ?? '', /guest "vm" \(pid 7\) is in it/)
})

test('a plan has systemd read its units where it disarms one, arms one, or takes a service of the host', () => {
  const plan = (action: object): Plan => ({ actions: [action] }) as unknown as Plan
  const supervisors = [{ unit: 'kolla.service', ran: true }]
  const old = { name: 'libvirt', containerName: 'nova_libvirt' }
  assert.equal(reloadsUnits(plan({ action: 'remove', old })), false)
  assert.equal(reloadsUnits(plan({ action: 'remove', old: { ...old, supervisors } })), true)
  const host = { ...old, containerName: 'systemd:libvirtd.service' }
  assert.equal(reloadsUnits(plan({ action: 'remove', old: host })), true)
  const next = { name: 'libvirt' }
  assert.equal(reloadsUnits(plan({ action: 'add', next, newName: 'a' })), false)
  assert.equal(reloadsUnits(plan({ action: 'add', next: { ...next, supervisors }, newName: 'a' })), true)
})
