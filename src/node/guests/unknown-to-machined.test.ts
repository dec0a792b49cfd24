import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Guest } from './census.ts'
import { isUnknownToMachined } from './unknown-to-machined.ts'

const guest = (path: string, machine?: string): Guest => ({
  uuid: '6a8bd5b6-1c2e-4f6d-9d0a-0f6a54c6c001',
  name: 'vm',
  identity: {
    pid: 7,
    startTicks: 1,
    exeInode: '',
    namespaces: undefined,
    cgroups: [{ hierarchy: 0, controllers: [], path }],
  },
  emulator: '',
  consoleLogs: [],
  consoleBackend: 'none',
  ...(machine === undefined ? {} : { machine }),
})

test('a guest where libvirt puts it without machined would be killed by a libvirt that finds machined', () => {
  assert.equal(isUnknownToMachined(guest('/machine/qemu-1-vm.libvirt-qemu/emulator')), true)
})

test('one that machined knows, or that libvirt would not recognise, is left alone by it', () => {
  assert.equal(isUnknownToMachined(guest('/machine/qemu-1-vm.libvirt-qemu', 'qemu-1-vm')), false)
  assert.equal(isUnknownToMachined(guest('/machine.slice/machine-qemu\\x2d1\\x2dvm.scope/libvirt')), false)
  assert.equal(isUnknownToMachined(guest('/docker/0a1b')), false)
})
