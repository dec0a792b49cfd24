import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Process } from '../process.ts'
import { process } from '../testing/processes.ts'
import { waitsForEarlier } from './earlier-wait.ts'

const ID = 'a1'.repeat(32)
const UNIT = { mainPid: 20, controlGroup: '/system.slice/kolla.service' }
const at = (path: string) => ({ cgroups: [{ hierarchy: 0, controllers: [], path }] })
const client = (startTicks: number, verb = 'start'): Process =>
  process('/usr/bin/podman', [verb, '-a', 'nova_libvirt'], { pid: 20, startTicks, ...at(UNIT.controlGroup) })
const conmon = (path: string): Process =>
  process('/usr/bin/conmon', ['-c', ID], { pid: 30, startTicks: 500, ...at(path) })
const first = (ppid: number): Process => process('/bin/sh', ['libvirtd'], { pid: 40, ppid, startTicks: 510 })
const waits = (...processes: readonly Process[]): boolean =>
  waitsForEarlier(UNIT, { id: ID, name: 'nova_libvirt', pid: 40 }, { processes })

test('a unit waits for an earlier run where its client is older than the present one, and another has started that', () => {
  const elsewhere = conmon('/machine.slice/libpod-conmon.scope')
  assert.equal(waits(client(100), elsewhere, first(30)), true)
  assert.equal(
    waits(client(100), conmon(UNIT.controlGroup), first(30)),
    false,
    'the unit has started this run',
  )
  assert.equal(waits(client(600, 'attach'), elsewhere, first(30)), false, 'attached to the present run')
  assert.equal(waits(elsewhere, first(30)), false, 'the unit has no process')
})

test('a client of a daemon ends with the container, and waits for no earlier run', () => {
  const docker = process('/usr/bin/docker', ['start', '-a', 'nova_libvirt'], { pid: 20, startTicks: 100 })
  const shim = process('/usr/bin/containerd-shim-runc-v2', [], { pid: 30, startTicks: 500 })
  assert.equal(waits(docker, shim, first(30)), false)
})
