import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { plainSpec } from '../../../src/adapters/containers/index.ts'
import { SimulatedCluster, SimulatedNode } from '../../../src/adapters/simulated/index.ts'
import { FileStateStore } from '../../../src/adapters/state/index.ts'
import { EXIT } from '../../../src/core/index.ts'
import type { Engine, ImageFacts, NodeWorld } from '../../../src/ports/index.ts'
import { ROOT } from '../../../scripts/source/index.ts'
import { IMAGES, digest, image } from '../../crash/scenarios.ts'
import { runCommand, runCommandOn } from './run-command.ts'
import type { Ran } from './run-command.ts'
import type { Kept, Scenario } from './scenario.ts'

const AGENT = 'registry.example/agent'

/** A locked release whose images the simulated node knows. */
function releaseText(libvirt: string, agent: string): string {
  return `name: compute
x-anneal:
  libvirt: { service: libvirt, socket: /run/libvirt/libvirt-sock, stateDir: /run/libvirt }
services:
  libvirt:
    image: ${image(libvirt)}
    network_mode: host
    pid: host
    privileged: true
    cgroup: host
    restart: unless-stopped
    volumes:
      - /sys/fs/cgroup:/sys/fs/cgroup
      - /run/libvirt:/run/libvirt
      - /var/lib/libvirt:/var/lib/libvirt
      - /var/log/libvirt:/var/log/libvirt
    stop_grace_period: 10s
    x-anneal:
      ready: [{ libvirt: , timeout: 5s }]
  agent:
    image: ${image(agent)}
    network_mode: host
    restart: unless-stopped
    depends_on: [libvirt]
`
}

/** Commands on simulated nodes, one after the other on each. */
export function nodeScenarios(directory: string): readonly Scenario[] {
  const file = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }
  const old = file('old.yaml', releaseText('libvirt-9', 'agent-1'))
  const next = file('next.yaml', releaseText('libvirt-11', 'agent-2'))
  const broken = file('broken.yaml', releaseText('libvirt-exits', 'agent-2'))
  const named = file(
    'named.yaml',
    `name: one\nservices: { agent: { image: '${AGENT}:1', network_mode: host } }\n`,
  )
  const secret = file(
    'refused.yaml',
    releaseText('libvirt-9b', 'agent-2').replace('      - /sys/fs/cgroup:/sys/fs/cgroup\n', ''),
  )
  const node = new SimulatedNode(IMAGES)
  const state = join(directory, 'node-state')
  const store = new FileStateStore(state)
  const on = (
    name: string,
    words: readonly string[],
    exit?: number,
    world: NodeWorld = { ...node.world(), state: store },
  ): Scenario => ({
    name,
    run: () => runCommandOn(building(world), ...words),
    ...(exit === undefined ? {} : { exit }),
  })
  const between = (name: string, act: () => void, scenario: Scenario): Scenario => ({
    ...scenario,
    name,
    run: (): Promise<Ran> => {
      act()
      return scenario.run()
    },
  })
  const libvirtId = (): string | undefined =>
    node.engine.running().find((one) => one.name.includes('libvirt'))?.id
  return [
    on('node status of a bare node', ['node', 'status']),
    on('node history of a bare node', ['node', 'history']),
    on('node rollback of a bare node', ['node', 'rollback'], EXIT.refused),
    on('node plan of a first release', ['node', 'plan', old]),
    on('node upgrade to a first release', ['node', 'upgrade', old]),
    between(
      'node plan with guests',
      () => {
        node.startGuest('one')
        node.startGuest('two', undefined, '/opt/vendor/hypervisor')
      },
      on('', ['node', 'plan', next]),
    ),
    on('node kill-set', ['node', 'kill-set']),
    on('node doctor', ['node', 'doctor']),
    on('node upgrade with guests', ['node', 'upgrade', next, '--on-failure', 'roll-forward']),
    on('node status after it', ['node', 'status']),
    on('node rollback --dry-run', ['node', 'rollback', '--dry-run']),
    on('node rollback', ['node', 'rollback', '--on-failure', 'roll-forward']),
    on('node upgrade that is refused for its release', ['node', 'upgrade', secret], EXIT.refused),
    {
      ...on('node upgrade that is rolled back', ['node', 'upgrade', broken], EXIT.rolledBack),
      kept: () => stateFiles(state),
    },
    between(
      'node rescue --dry-run with an endangered guest',
      () => {
        node.startGuest('three', libvirtId())
      },
      on('', ['node', 'rescue', '--dry-run'], EXIT.endangered),
    ),
    on('node kill-set with an endangered guest', ['node', 'kill-set'], EXIT.endangered),
    on('node upgrade that is refused for a guest', ['node', 'upgrade', next], EXIT.endangered),
    on('node stop that is refused for a guest', ['node', 'stop', 'libvirt'], EXIT.endangered),
    on('node stop --dry-run of a guest', ['node', 'stop', 'libvirt', '--dry-run'], EXIT.endangered),
    on('node rescue', ['node', 'rescue']),
    ...podScenarios(directory),
    on('node stop', ['node', 'stop', 'agent']),
    on('node start', ['node', 'start', 'agent']),
    on('node start --dry-run', ['node', 'start', 'agent', '--dry-run']),
    on('node recover --dry-run', ['node', 'recover', '-n']),
    on('node recover', ['node', 'recover']),
    on('node history', ['node', 'history']),
    {
      name: 'node import',
      run: () => runCommand('node', 'import', join(ROOT, 'examples/import/fig-2015/fig.yml')),
    },
    on('node lock --dry-run', ['node', 'lock', old, '-n', '-o', join(directory, 'locked.yaml')]),
    on('node lock', ['node', 'lock', old, '-o', join(directory, 'locked.yaml')]),
    on(
      'node lock of an image that is pulled',
      ['node', 'lock', named, '-o', join(directory, 'pulled.yaml')],
      EXIT.ok,
      pulling(node.world()),
    ),
    on(
      'node build --dry-run',
      ['node', 'build', '--base', 'base', 'nova-libvirt:bookworm', '-n'],
      EXIT.ok,
      withImages(node.world()),
    ),
    on(
      'node build',
      ['node', 'build', '--base', 'base', 'nova-libvirt:bookworm'],
      EXIT.ok,
      withImages(node.world()),
    ),
  ]
}

function stateFiles(directory: string): readonly Kept[] {
  return (['deployments.json', 'journal.jsonl', 'history.jsonl'] as const).flatMap((file) => {
    const content = readFileSync(join(directory, file), 'utf8')
    const texts = file.endsWith('.jsonl') ? content.trimEnd().split('\n') : [content]
    return texts.map((text) => ({ file, text }))
  })
}

const BUILT: ImageFacts = {
  id: image('built'),
  repoDigests: [],
  tags: [],
  labels: {},
  sizeBytes: 1,
  architecture: 'amd64',
  user: '',
}

/** With an engine that builds, and has built in no time. */
function building(world: NodeWorld): NodeWorld & Readonly<{ engine: Engine }> {
  const built = async (): Promise<ImageFacts> => BUILT
  return { ...world, engine: beside(world.engine, { buildImage: built, importImage: built }) }
}

/** A pod that is replaced, and one whose new template never gets ready. */
function podScenarios(directory: string): readonly Scenario[] {
  const pinned = `registry.example/libvirt@${digest('libvirt')}`
  const node = new SimulatedNode({ [pinned]: { libvirt: '9.0.0' } })
  const words = ['node', 'replace-pod', 'openstack/libvirt', '--node-name', 'node1']
  let cluster: SimulatedCluster | undefined
  const replaced = (name: string, more: readonly string[], exit?: number, hash?: string): Scenario => ({
    name,
    async run() {
      if (cluster === undefined) {
        const spec = plainSpec({ name: 'libvirt', image: pinned, labels: {}, networkMode: 'host' })
        const container = await node.engine.createContainer(spec)
        await node.engine.startContainer(container)
        cluster = new SimulatedCluster(node, container, pinned)
        node.startGuest('one')
      }
      if (hash !== undefined) cluster.change({ hash, becomesReady: hash !== 'never' })
      const { cluster: own, ...world } = cluster.world()
      const state = new FileStateStore(join(directory, 'pods-state'))
      return runCommandOn({ ...building({ ...world, state }), cluster: own }, ...words, ...more)
    },
    ...(exit === undefined ? {} : { exit }),
  })
  return [
    replaced('node replace-pod --dry-run', ['--dry-run'], EXIT.ok, 'second'),
    replaced('node replace-pod', []),
    replaced('node replace-pod of a pod that is current', []),
    replaced('node replace-pod that goes back', ['--pod-timeout', '1s'], EXIT.rolledBack, 'never'),
  ]
}

/** With an engine that says how far a pull is, as Docker and Podman do. */
function pulling(world: NodeWorld): NodeWorld {
  const { engine } = world
  const inspectImage: Engine['inspectImage'] = async () => undefined
  const pullImage: Engine['pullImage'] = async (reference, options) => {
    options.onProgress?.({ reference, doneBytes: 1, totalBytes: 2, layersDone: 0, layersTotal: 1 })
    return { ...BUILT, repoDigests: [`${AGENT}@${BUILT.id}`] }
  }
  return { ...world, engine: beside(engine, { inspectImage, pullImage }) }
}

/** With an engine that has every image. */
function withImages(world: NodeWorld): NodeWorld {
  return { ...world, engine: beside(world.engine, { inspectImage: async () => BUILT }) }
}

/** The engine, with other methods in place of its own. */
function beside<T extends object>(engine: NodeWorld['engine'], methods: T): NodeWorld['engine'] & T {
  return new Proxy(engine, {
    get: (target, name) => {
      if (Object.hasOwn(methods, name)) return Reflect.get(methods, name) as unknown
      const member = Reflect.get(target, name, target) as unknown
      return typeof member === 'function' ? (member.bind(target) as unknown) : member
    },
  }) as NodeWorld['engine'] & T
}
