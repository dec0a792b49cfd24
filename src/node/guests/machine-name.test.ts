import assert from 'node:assert/strict'
import { test } from 'node:test'
import { machineName, machineOfScope, machinePartition, machineScope, shortName } from './machine-name.ts'

test('names are those that libvirt 9.0 gave its guests', () => {
  // Read from /proc/PID/cgroup of guests of those names.
  assert.equal(machineName(1, 'web-1'), 'qemu-1-web-1')
  assert.equal(machineScope('qemu-1-web-1'), 'machine-qemu\\x2d1\\x2dweb\\x2d1.scope')
  assert.equal(machinePartition(machineName(1, 'rec-vm.1')), 'qemu-1-rec-vm.1.libvirt-qemu')
})

test('what no host name may hold is dropped from a machine name, as libvirt does', () => {
  assert.equal(machineName(3, 'a_b c/d'), 'qemu-3-abcd')
  assert.equal(machineName(3, '-.a..b--c.-'), 'qemu-3-a.b-c')
  assert.equal(machineName(3, 'grüße'), 'qemu-3-gre')
  assert.equal(machineName(12, 'x'.repeat(100)).length, 64)
})

test('a scope names its machine, and other units name none', () => {
  assert.equal(machineOfScope(machineScope('qemu-1-a.b-c')), 'qemu-1-a.b-c')
  assert.equal(machineOfScope('docker-123.scope'), undefined)
  assert.equal(machineOfScope('machine.slice'), undefined)
})

test('a short name has at most twenty characters of the name', () => {
  assert.equal(shortName(7, 'ü'.repeat(30)), `7-${'ü'.repeat(20)}`)
})
