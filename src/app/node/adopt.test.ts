import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isAnnealError } from '../../core/index.ts'
import type { Container, Release } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { adoptByName, adoptDeployment } from './adopt.ts'

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
