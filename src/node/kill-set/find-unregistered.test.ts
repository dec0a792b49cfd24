import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Census, Guest } from '../guests/index.ts'
import { findUnregistered } from './find-unregistered.ts'

const guest: Guest = {
  uuid: 'u',
  name: 'vm',
  emulator: '/usr/bin/qemu',
  consoleLogs: [],
  consoleBackend: 'none',
  identity: {
    pid: 10,
    startTicks: 1,
    exeInode: '1:1',
    namespaces: undefined,
    cgroups: [
      { hierarchy: 2, controllers: ['cpu'], path: '/machine/qemu-1-vm.libvirt-qemu/emulator' },
      { hierarchy: 1, controllers: ['devices'], path: '/machine/qemu-1-vm.libvirt-qemu' },
    ],
  },
}
const census = (one: Guest): Census => ({ guests: [one], helpers: [], stale: [] })
const bind = (path: string) => ({ type: 'bind' as const, source: path, target: path, readOnly: false })
const next = { container: 'libvirt-new', mounts: [bind('/run/dbus')] }
const host = { systemdIsInit: true, machinedActivatable: true }

test('a guest that machined does not know is endangered by a libvirt that asks machined', () => {
  const [found] = findUnregistered(census(guest), next, host)
  assert.deepEqual([found?.name, found?.mechanisms, found?.rescuable], ['vm', ['unregisteredMachine'], true])
})

test('it is not by one that cannot ask, nor where machined knows it, nor on a host without machined', () => {
  assert.deepEqual(findUnregistered(census(guest), { ...next, mounts: [bind('/run/libvirt')] }, host), [])
  assert.deepEqual(findUnregistered(census({ ...guest, machine: 'qemu-1-vm' }), next, host), [])
  assert.deepEqual(findUnregistered(census(guest), next, { ...host, machinedActivatable: false }), [])
  assert.deepEqual(findUnregistered(census(guest), next, { ...host, systemdIsInit: false }), [])
})

test('all of /run bound is /run/dbus bound', () => {
  assert.equal(findUnregistered(census(guest), { ...next, mounts: [bind('/run')] }, host).length, 1)
})
