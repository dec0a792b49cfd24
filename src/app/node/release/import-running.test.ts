import assert from 'node:assert/strict'
import { test } from 'node:test'
import { plainSpec } from '../../../adapters/containers/index.ts'
import { SimulatedNode } from '../../../adapters/simulated/index.ts'
import { sha256 } from '../../../adapters/system/index.ts'
import { isAnnealError } from '../../../core/index.ts'
import { LABELS } from '../../../node/index.ts'
import type { Release, ServiceUnit } from '../../../node/index.ts'
import { kollaUnit } from '../../../node/testing/index.ts'
import type { ContainerSpec } from '../../../ports/index.ts'
import { importRunning } from './import-running.ts'

const IMAGE = sha256('libvirt')
const SPEC: ContainerSpec = plainSpec({
  name: 'nova_libvirt',
  image: IMAGE,
  privileged: true,
  networkMode: 'host',
  pidMode: 'host',
  cgroupnsMode: 'host',
  mounts: ['/run', '/var/lib/libvirt', '/etc/libvirt/qemu', '/var/log/libvirt', '/sys/fs/cgroup', '/dev'].map(
    (path) => ({ type: 'bind', source: path, target: path, readOnly: false, createHostPath: true }),
  ),
})

async function running(...specs: readonly ContainerSpec[]): Promise<SimulatedNode> {
  const node = new SimulatedNode({ [IMAGE]: {} })
  for (const spec of specs) await node.engine.startContainer(await node.engine.createContainer(spec))
  return node
}

/** What the engine says of them, in place of what the simulation remembers. */
function world(
  node: SimulatedNode,
  described: Partial<ContainerSpec> = {},
  units: readonly ServiceUnit[] = [],
) {
  const { engine, state } = node.world()
  const describeContainer = async (id: string): Promise<ContainerSpec | undefined> => {
    const spec = await engine.describeContainer(id)
    return spec === undefined ? undefined : { ...spec, ...described }
  }
  const listContainers: typeof engine.listContainers = (filter) => engine.listContainers(filter)
  return {
    state,
    engine: { kind: engine.kind, listContainers, describeContainer },
    units: { services: async () => units },
  }
}

const codes = (findings: readonly Readonly<{ code: string }>[]): readonly string[] =>
  findings.map(({ code }) => code)

test('a release is written of the containers of a compute node, each service called as its container', async () => {
  // Anneal’s own images have this label, whoever runs them.
  const labels = { [LABELS.service]: 'libvirt' }
  const node = await running({ ...SPEC, labels }, { ...SPEC, name: 'grafana' })
  const { text, findings, from } = await importRunning(world(node), [], { environment: {} })
  assert.equal(from, 'containers')
  assert.match(text, /^ {2}nova_libvirt:$/m)
  assert.ok(!text.includes('grafana'), 'what does no work of a compute node is left out')
  assert.match(text, new RegExp(`image: .?${IMAGE}`))
  assert.match(text, /socket: \/run\/libvirt\/libvirt-sock/)
  assert.match(text, /- \/dev:\/dev$/m)
  assert.match(text, /restart: unless-stopped/)
  assert.ok(codes(findings).includes('RESTART_TAKEN_OVER'))
})

test('containers that are named are taken whatever they do; one that does not run is an error', async () => {
  const node = await running({ ...SPEC, name: 'grafana' })
  const options = { environment: {} }
  assert.match((await importRunning(world(node), ['grafana'], options)).text, /^ {2}grafana:$/m)
  const code = (name: string) => (error: unknown) => isAnnealError(error, name)
  await assert.rejects(importRunning(world(node), ['other'], options), code('CONTAINER_NOT_RUNNING'))
  await assert.rejects(importRunning(world(node), [], options), code('NOTHING_TO_IMPORT'))
})

test('a secret of the environment becomes a file, and its value is nowhere', async () => {
  const node = await running(SPEC)
  const environment = { OS_PASSWORD: 'hunter2-hunter2', KOLLA_SERVICE_NAME: 'nova-libvirt', PRICE: '5$' }
  const { text, findings } = await importRunning(world(node, { environment }), [], { environment: {} })
  assert.ok(!text.includes('hunter2') && !JSON.stringify(findings).includes('hunter2'))
  assert.match(text, /OS_PASSWORD_FILE: \/secrets\/os-password/)
  assert.match(text, /KOLLA_SERVICE_NAME: nova-libvirt/)
  assert.match(text, /PRICE: 5\$\$/)
  assert.ok(codes(findings).includes('SECRET_MOVED'))
})

test('a volume without a name is kept and reported', async () => {
  const node = await running(SPEC)
  const mounts = [{ type: 'volume', source: 'ab'.repeat(32), target: '/data', readOnly: false }] as const
  const { text, findings } = await importRunning(world(node, { mounts }), [], { environment: {} })
  assert.match(text, /external: true/)
  assert.ok(codes(findings).includes('VOLUME_WITHOUT_NAME'))
})

test('containers of one release of Anneal’s give that release, with all that no container says', async () => {
  const { name: _, restartPolicy: __, ...container } = SPEC
  const id = sha256('release')
  const release = {
    id,
    project: 'cloud',
    libvirt: undefined,
    services: [
      {
        name: 'libvirt',
        digest: 'd',
        replace: 'always',
        guests: 'expendable',
        stopGraceMs: 1500,
        restart: 'always',
        order: 7,
        dependsOn: [],
        ready: [{ kind: 'unix', path: '/run/s', timeoutMs: 1000, intervalMs: 200 }],
        helpers: [],
        secrets: [],
        configs: [],
        publicEnvironment: [],
        image: IMAGE,
        container,
      },
    ],
  } as const satisfies Release
  const labels = { [LABELS.release]: id, [LABELS.service]: 'libvirt', [LABELS.project]: 'cloud' }
  const node = await running({ ...SPEC, name: 'cloud-libvirt-0', labels })
  await node.state.saveFile(`release-${id.replace('sha256:', '')}.json`, JSON.stringify(release))
  const { text } = await importRunning(world(node), [], { environment: {} })
  assert.match(text, /^name: cloud$/m)
  assert.match(text, /guests: expendable/)
  assert.match(text, /unix: \/run\/s/)
  assert.match(text, /order: 7/)
  assert.match(text, /stop_grace_period: 1500ms/)
})

test('what the unit of a container does is in the release: for how long a stop waits, and that somebody starts it again', async () => {
  const node = await running({ ...SPEC, name: 'nova_libvirt' })
  const { text, findings } = await importRunning(world(node, {}, [kollaUnit('nova_libvirt')]), [], {
    environment: {},
  })
  assert.match(text, /stop_grace_period: 1m$|stop_grace_period: 60s$/m)
  assert.match(text, /restart: unless-stopped/)
  assert.ok(!codes(findings).includes('RESTART_TAKEN_OVER'))
})

test('a file system of the kernel that is mounted in a container is reported', async () => {
  const devpts = { type: 'bind', source: 'devpts', target: '/dev/pts', readOnly: false } as const
  const node = await running({ ...SPEC, mounts: [...SPEC.mounts, devpts] })
  const { findings } = await importRunning(world(node), [], { environment: {} })
  assert.ok(codes(findings).includes('KERNEL_MOUNT_LEFT_OUT'))
})
