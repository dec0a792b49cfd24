import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import type { Container, Deployment, Release } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { adoptByName, adoptDeployment, adoptedPlace } from './adopt.ts'

const HOST = 'systemd:libvirtd.service'

/** As far as it is looked at here. */
const RELEASE = {
  project: 'compute',
  libvirt: { service: 'libvirt', socket: '/run/libvirt/libvirt-sock', stateDir: '/run/libvirt' },
  services: [{ name: 'libvirt' }, { name: 'compute' }],
} as unknown as Release

function container(name: string, more: Partial<Container> = {}): Container {
  return { id: name, name, labels: {}, restartPolicy: 'always', imageId: 'sha256:1', ...more } as Container
}

function world(...containers: readonly Container[]): NodeWorld {
  return {
    engine: {
      kind: 'docker',
      listContainers: () => Promise.resolve(containers),
      inspectContainer: (name: string) => Promise.resolve(containers.find((one) => one.name === name)),
    },
  } as unknown as NodeWorld
}

const daemon = (obstacle?: string): Container =>
  container(HOST, { hostUnit: { unit: 'libvirtd.service', ...(obstacle === undefined ? {} : { obstacle }) } })

test('the libvirt of the host is taken over where no container is the libvirt of the release', async () => {
  const found = await adoptByName(world(daemon(), container('compute')), RELEASE)
  assert.deepEqual(found, [
    { service: 'compute', container: 'compute' },
    { service: 'libvirt', container: HOST },
  ])
  assert.deepEqual(await adoptByName(world(daemon(), container('libvirt')), RELEASE), [
    { service: 'libvirt', container: 'libvirt' },
  ])
  const named = [{ service: 'libvirt', container: 'nova_libvirt' }]
  assert.deepEqual(await adoptByName(world(daemon()), RELEASE, named), named)
})

test('a host whose libvirt cannot be stopped without its guests is not taken over', async () => {
  const adopting = adoptDeployment(world(daemon('KillMode=control-group')), RELEASE, [
    { service: 'libvirt', container: HOST },
  ])
  await assert.rejects(adopting, (error) => isAnnealError(error, 'HOST_DAEMON_REFUSED'))
})

test('a host on which both kinds of libvirt are up is not taken over', async () => {
  const mixed = container(HOST, { hostUnit: { unit: 'libvirtd.service', rival: 'virtqemud.socket' } })
  const adopting = adoptDeployment(world(mixed), RELEASE, [{ service: 'libvirt', container: HOST }])
  await assert.rejects(adopting, (error) => isAnnealError(error, 'HOST_LIBVIRT_MIXED'))
})

test('Anneal asks an adopted libvirt at the socket of its own daemon', async () => {
  const socketOf = async (name: string, entrypoint: readonly string[]): Promise<string | undefined> => {
    const old = { services: [{ name: 'libvirt', containerName: name }] } as unknown as Deployment
    const there = container(name, { image: 'x', entrypoint, command: [], mounts: [], environmentNames: [] })
    return (await adoptedPlace(world(there), old, RELEASE.libvirt))?.socket
  }
  assert.equal(await socketOf('a', ['/usr/sbin/virtqemud']), '/run/libvirt/virtqemud-sock')
  assert.equal(await socketOf('nova_virtqemud', ['kolla_start']), '/run/libvirt/virtqemud-sock')
  assert.equal(await socketOf('nova_libvirt', ['kolla_start']), '/run/libvirt/libvirt-sock')
  assert.equal(
    await adoptedPlace(world(), { services: [] } as unknown as Deployment, RELEASE.libvirt),
    undefined,
  )
})
