import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container } from '../container.ts'
import { LIBVIRT } from './fixtures/healthy-node.ts'
import { hostLibvirtFindings } from './host-libvirt.ts'

const host = (unit: string, changes: Partial<Container> = {}): Container => ({
  ...LIBVIRT,
  name: `systemd:${unit}`,
  hostUnit: { unit },
  ...changes,
})

const said = (hosts: readonly Container[], containers: readonly Container[] = []): readonly string[] =>
  hostLibvirtFindings(hosts, containers).map(
    ({ severity, code, evidence }) => `${severity} ${code}: ${evidence}`,
  )

test('one libvirt of the host alone gives nothing to say, and neither does one that is switched off', () => {
  assert.deepEqual(said([host('virtqemud.service')]), [])
  assert.deepEqual(said([host('libvirtd.service', { status: 'exited' })], [LIBVIRT]), [])
})

test('the doctor names units of both kinds once', () => {
  const mixed = [
    host('libvirtd.service', { hostUnit: { unit: 'libvirtd.service', rival: 'virtqemud.socket' } }),
    host('virtqemud.service', { pid: 0, hostUnit: { unit: 'virtqemud.service', rival: 'libvirtd.service' } }),
  ]
  assert.deepEqual(said(mixed), ['warn HOST_LIBVIRT_MIXED: libvirtd.service and virtqemud.socket are up'])
})

test('the doctor names a libvirt of the host that runs or listens beside that of a container', () => {
  assert.deepEqual(said([host('virtqemud.service', { pid: 7 })], [LIBVIRT]), [
    `warn HOST_LIBVIRT_BESIDE: virtqemud.service runs (pid 7), and so does container ${LIBVIRT.name}`,
  ])
  assert.deepEqual(said([host('libvirtd.service', { pid: 0 })], [LIBVIRT]), [
    `warn HOST_LIBVIRT_BESIDE: sockets of libvirtd.service listen, and container ${LIBVIRT.name} runs libvirt`,
  ])
})
