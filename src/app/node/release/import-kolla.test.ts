/**
 * A node that Kolla-Ansible's roles have just deployed, recorded (fixtures/kolla/INDEX.md): Docker's answers over its real protocol, the files
 * of units, and what systemd says of them.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { dockerEngine } from '../../../adapters/docker/index.ts'
import { SimulatedNode } from '../../../adapters/simulated/index.ts'
import { systemdUnitControl } from '../../../adapters/systemd/index.ts'
import { findOwners } from '../../../node/index.ts'
import type { ServiceUnit } from '../../../node/index.ts'
import { importRunning } from './import-running.ts'

type Recorded = Readonly<{
  info: Readonly<Record<string, unknown>>
  containers: readonly Readonly<{ Id: string; Name: string }>[]
  images: readonly Readonly<{ Id: string }>[]
}>

const FOLDER = new URL('fixtures/kolla/', import.meta.url)
const read = (name: string): string => readFileSync(new URL(name, FOLDER), 'utf8')
const RECORDED = JSON.parse(read('docker.json')) as Recorded
const NAMES = ['nova_compute', 'nova_libvirt', 'nova_ssh']

const dir = mkdtempSync(join(tmpdir(), 'anneal-kolla-'))
const socketPath = join(dir, 'docker.sock')
const server = createServer((request, response) => {
  const path = (request.url ?? '').replace(/\?.*$/, '').replace(/^\/v[\d.]+/, '')
  const [, kind = '', name = ''] = /^\/(containers|images)\/(.+)\/json$/.exec(path) ?? []
  const found =
    path === '/info'
      ? RECORDED.info
      : path === '/containers/json'
        ? RECORDED.containers.map(({ Id }) => ({ Id }))
        : kind === 'images'
          ? RECORDED.images.find(({ Id }) => Id === decodeURIComponent(name))
          : RECORDED.containers.find(({ Id, Name }) => Id === name || Name === `/${name}`)
  response.writeHead(found === undefined ? 404 : 200, { 'Content-Type': 'application/json' })
  response.end(JSON.stringify(found ?? { message: 'not recorded' }))
})
before(() => new Promise<void>((resolve) => server.listen(socketPath, resolve)))
after(() => {
  server.close()
  rmSync(dir, { recursive: true })
})

async function units(): Promise<readonly ServiceUnit[]> {
  const root = join(dir, 'root')
  mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
  cpSync(new URL('units', FOLDER), join(root, 'etc/systemd/system'), { recursive: true })
  const systemctl = async ([verb]: readonly string[]) => (verb === 'show' ? read('units.show') : '')
  return systemdUnitControl({ root, systemctl }).services()
}

test('the release of Kolla’s containers says what Kolla told them, and nothing else', async () => {
  const known = await units()
  const { text, findings } = await importRunning(
    {
      engine: dockerEngine({ socketPath }),
      state: new SimulatedNode({}).world().state,
      units: { services: async () => known },
    },
    [],
    { environment: {} },
  )
  assert.equal(text, read('release.yaml'))
  assert.deepEqual(
    findings.map(({ severity, code, subject }) => `${severity} ${code} ${subject}`),
    ['warn BIND_MISSING nova_libvirt', 'warn PRIVILEGED_WITHOUT_HOST_PID nova_compute'],
  )
})

test('each of Kolla’s units can be kept from acting without being stopped', async () => {
  const engine = dockerEngine({ socketPath })
  const containers = await engine.listContainers({})
  assert.deepEqual(containers.map(({ name }) => name).toSorted(), NAMES)
  const owners = findOwners({
    engine: { changesRestartPolicy: true },
    containers,
    units: await units(),
    jobs: [],
    table: { layout: { hierarchies: [] } as never, hostPidNamespace: 1, processes: [] },
  })
  assert.deepEqual(
    owners.map(({ container, name, effect, disarming }) => [container, name, effect, disarming?.possible]),
    containers.map(({ name }) => [name, `kolla-${name}-container.service`, 'acts', true]),
  )
})
