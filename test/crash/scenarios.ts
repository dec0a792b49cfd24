import { createHash } from 'node:crypto'
import { SimulatedNode } from '../../src/adapters/simulated/index.ts'
import type { SimulatedImage } from '../../src/adapters/simulated/index.ts'
import { makePlan, sealRelease } from '../../src/node/index.ts'
import type { Deployment, Plan, Release, ServiceDraft, StableState } from '../../src/node/index.ts'
import { kollaUnit } from '../../src/node/testing/index.ts'
import { runUpgrade } from '../../src/runtime/node/index.ts'
import type { Sides } from '../../src/runtime/node/index.ts'
import { canonicalJson } from '../../src/core/index.ts'

export function digest(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

const PLACE = { service: 'libvirt', socket: '/run/libvirt/libvirt-sock', stateDir: '/run/libvirt' }
const BINDS = ['/run/libvirt', '/var/lib/libvirt', '/var/log/libvirt'].map((path) => ({
  type: 'bind' as const,
  source: path,
  target: path,
  readOnly: false,
}))

/** Image references are ids already: 64 hex digits made of a name. */
export function image(name: string): string {
  return digest(name)
}

export const IMAGES: Readonly<Record<string, SimulatedImage>> = {
  [image('libvirt-9')]: { libvirt: '9.0.0', flags: ['a', 'b'], standsBy: true },
  [image('libvirt-9b')]: { libvirt: '9.0.1', flags: ['a', 'b'] },
  [image('libvirt-11')]: { libvirt: '11.3.0', flags: ['a', 'b', 'c'], standsBy: true },
  [image('libvirt-exits')]: { libvirt: '9.0.0', flags: ['a', 'b'], fault: 'exits' },
  [image('libvirt-silent')]: { libvirt: '9.0.0', flags: ['a', 'b'], fault: 'silent', standsBy: true },
  [image('agent-1')]: {},
  [image('agent-2')]: {},
  [image('compute-1')]: {},
  [image('compute-2')]: {},
  [image('compute-exits')]: { fault: 'exits' },
  [image('compute-crashes')]: { fault: 'crashes' },
}

export function release(images: Readonly<{ libvirt: string; agent: string; compute: string }>): Release {
  return sealRelease(
    {
      project: 'compute',
      libvirt: PLACE,
      services: [
        service('libvirt', images.libvirt),
        service('agent', images.agent),
        service('compute', images.compute),
      ],
    },
    digest,
    'compose.yaml',
  )
}

function service(name: string, of: string): ServiceDraft {
  return {
    name,
    image: image(of),
    replace: 'always',
    guests: 'never',
    stopGraceMs: 10_000,
    restart: 'unless-stopped',
    order: 0,
    // The agent need not be ready when the compute service starts.
    dependsOn:
      name === 'compute'
        ? [
            { service: 'libvirt', condition: 'healthy' },
            { service: 'agent', condition: 'started' },
          ]
        : [],
    ready:
      name === 'libvirt' ? [{ kind: 'libvirt', socket: PLACE.socket, timeoutMs: 5000, intervalMs: 20 }] : [],
    helpers: [],
    secrets: [],
    configs: [],
    publicEnvironment: [],
    container: {
      environment: {},
      labels: {},
      privileged: true,
      capAdd: [],
      capDrop: [],
      securityOpt: [],
      devices: [],
      networkMode: 'host',
      pidMode: 'host',
      mounts: BINDS,
      ulimits: {},
      sysctls: {},
      extraHosts: [],
    },
  }
}

export type Scenario = Readonly<{
  name: string
  /** What an undisturbed run comes to. */
  outcome: StableState
  /** Makes the node as it is before the run under test. */
  prepare: () => Promise<SimulatedNode>
  plan: (node: SimulatedNode) => Readonly<{ plan: Plan; sides: Sides }>
}>

/** Containers of Kolla, as the release that a first run takes over from. */
export const KOLLA: Deployment = {
  releaseId: digest('kolla'),
  project: 'compute',
  services: ['libvirt', 'compute'].map((name) => ({
    name,
    digest: `adopted:${name}`,
    image: image(name === 'libvirt' ? 'libvirt-9' : 'compute-1'),
    containerId: '',
    containerName: `nova_${name}`,
    stopGraceMs: 1000,
    restart: 'no',
    supervisors: [{ unit: `kolla-nova_${name}-container.service`, ran: true }],
  })),
}

/** A node as Kolla leaves it: containers without a restart policy, each kept running by a unit. */
async function kollaNode(): Promise<SimulatedNode> {
  const node = new SimulatedNode(IMAGES)
  for (const { containerName: name, image: of, supervisors = [] } of KOLLA.services) {
    const { container } = service(name, 'agent-1')
    const spec = { ...container, name, image: of, labels: {}, restartPolicy: 'no' } as const
    await node.engine.startContainer(await node.engine.createContainer(spec))
    for (const { unit } of supervisors) {
      node.units.push(kollaUnit(name, { name: unit }))
    }
  }
  node.startGuest('one')
  node.startGuest('two')
  return node
}

function takeOver(next: Release): { plan: Plan; sides: Sides } {
  const plan = makePlan(
    KOLLA,
    next,
    { kind: 'upgrade', rescue: false, onFailure: 'rollBack', neededByGuests: [], previous: undefined },
    (rest) => digest(canonicalJson(rest)),
  )
  const old = { release: undefined, libvirt: PLACE }
  return { plan, sides: { old, next: { release: next, libvirt: PLACE } } }
}

/** What gives a node back: a rollback to the containers that were adopted. */
function giveBack(node: SimulatedNode): { plan: Plan; sides: Sides } {
  const { current, adopted } = node.state.deployments
  const services = (adopted?.services ?? []).map((one) => ({ ...one, replace: 'always' as const }))
  const plan = makePlan(
    current,
    { id: KOLLA.releaseId, project: 'compute', libvirt: PLACE, services },
    {
      kind: 'rollback',
      rescue: false,
      onFailure: 'rollBack',
      neededByGuests: [],
      previous: adopted,
      forgets: true,
    },
    (rest) => digest(canonicalJson(rest)),
  )
  const old = { release: TAKEN_OVER, libvirt: PLACE }
  return { plan, sides: { old, next: { release: undefined, libvirt: PLACE } } }
}

export const OLD = release({ libvirt: 'libvirt-9', agent: 'agent-1', compute: 'compute-1' })

async function deployed(): Promise<SimulatedNode> {
  const node = new SimulatedNode(IMAGES)
  const { plan, sides } = planFor(node, OLD)
  await runUpgrade(node.world(), plan, sides, 'run-0')
  return node
}

export function planFor(
  node: SimulatedNode,
  next: Release,
  options: Readonly<{
    rescue?: boolean
    onFailure?: Plan['onFailure']
    kind?: Plan['kind']
    old?: Release
  }> = {},
): { plan: Plan; sides: Sides } {
  const { current, previous } = node.state.deployments
  const plan = makePlan(
    current,
    next,
    {
      kind: options.kind ?? 'upgrade',
      rescue: options.rescue ?? false,
      onFailure: options.onFailure ?? 'rollBack',
      neededByGuests: [],
      previous,
    },
    (rest) => digest(canonicalJson(rest)),
  )
  const old = options.old ?? OLD
  const oldSide =
    current === undefined ? { release: undefined, libvirt: undefined } : { release: old, libvirt: PLACE }
  return { plan, sides: { old: oldSide, next: { release: next, libvirt: PLACE } } }
}

async function withGuests(inside: 'inside' | 'outside' = 'outside'): Promise<SimulatedNode> {
  const node = await deployed()
  const libvirt = node.engine.running().find((container) => container.name.includes('libvirt'))
  // Names that no distribution gives an emulator: a guest is known by more than that.
  node.startGuest('one', inside === 'inside' ? libvirt?.id : undefined, '/opt/vendor/hypervisor')
  node.startGuest('two', undefined, '/nix/store/abc-qemu/bin/.qemu-system-x86_64-wrapped')
  node.startGuest('three')
  return node
}

const NEXT = release({ libvirt: 'libvirt-9b', agent: 'agent-2', compute: 'compute-2' })
const NEWER = release({ libvirt: 'libvirt-11', agent: 'agent-2', compute: 'compute-2' })

const TAKEN_OVER = release({ libvirt: 'libvirt-9b', agent: 'agent-1', compute: 'compute-2' })

/** The run under test of each; every boundary of it is crashed once. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'first deployment',
    outcome: 'committed',
    prepare: async () => new SimulatedNode(IMAGES),
    plan: (node) => planFor(node, OLD),
  },
  {
    name: 'upgrade with guests',
    outcome: 'committed',
    prepare: () => withGuests(),
    plan: (node) => planFor(node, NEXT),
  },
  {
    name: 'upgrade to a newer libvirt',
    outcome: 'committed',
    prepare: () => withGuests(),
    plan: (node) => planFor(node, NEWER),
  },
  {
    name: 'upgrade that rescues an endangered guest',
    outcome: 'committed',
    prepare: () => withGuests('inside'),
    plan: (node) => planFor(node, NEXT, { rescue: true }),
  },
  {
    name: 'upgrade refused for an endangered guest',
    outcome: 'refused',
    prepare: () => withGuests('inside'),
    plan: (node) => planFor(node, NEXT),
  },
  {
    name: 'upgrade refused while libvirt lists a guest that has no process',
    outcome: 'refused',
    prepare: async () => {
      const node = await withGuests()
      node.phantoms.push('ghost')
      return node
    },
    plan: (node) => planFor(node, NEXT),
  },
  {
    name: 'new libvirt exits',
    outcome: 'rolledBack',
    prepare: () => withGuests(),
    plan: (node) =>
      planFor(node, release({ libvirt: 'libvirt-exits', agent: 'agent-2', compute: 'compute-2' })),
  },
  {
    name: 'new libvirt never answers',
    outcome: 'rolledBack',
    prepare: () => withGuests(),
    plan: (node) =>
      planFor(node, release({ libvirt: 'libvirt-silent', agent: 'agent-2', compute: 'compute-2' })),
  },
  {
    name: 'newer libvirt, and the compute service fails: back over a libvirt version',
    outcome: 'rolledBack',
    prepare: () => withGuests(),
    plan: (node) =>
      planFor(node, release({ libvirt: 'libvirt-11', agent: 'agent-2', compute: 'compute-exits' })),
  },
  {
    name: 'the new compute service crashes seconds after its start',
    outcome: 'rolledBack',
    prepare: () => withGuests(),
    plan: (node) =>
      planFor(node, release({ libvirt: 'libvirt-9b', agent: 'agent-2', compute: 'compute-crashes' })),
  },
  {
    name: 'roll-forward where the compute service fails',
    outcome: 'attention',
    prepare: () => withGuests(),
    plan: (node) =>
      planFor(node, release({ libvirt: 'libvirt-11', agent: 'agent-2', compute: 'compute-exits' }), {
        onFailure: 'rollForward',
      }),
  },
  {
    name: 'rollback by hand to the release before',
    outcome: 'committed',
    prepare: async () => {
      const node = await withGuests()
      const { plan, sides } = planFor(node, NEWER)
      await runUpgrade(node.world(), plan, sides, 'run-1')
      return node
    },
    plan: (node) => planFor(node, OLD, { kind: 'rollback', old: NEWER }),
  },
  {
    name: 'taking over a node of Kolla',
    outcome: 'committed',
    prepare: kollaNode,
    plan: () => takeOver(TAKEN_OVER),
  },
  {
    name: 'taking over a node of Kolla, and the compute service fails',
    outcome: 'rolledBack',
    prepare: kollaNode,
    plan: () => takeOver(release({ libvirt: 'libvirt-9b', agent: 'agent-1', compute: 'compute-exits' })),
  },
  {
    name: 'giving a node back to Kolla',
    outcome: 'committed',
    prepare: async () => {
      const node = await kollaNode()
      const { plan, sides } = takeOver(TAKEN_OVER)
      await runUpgrade(node.world(), plan, sides, 'run-0')
      return node
    },
    plan: giveBack,
  },
  {
    name: 'image that cannot be pulled',
    outcome: 'abandoned',
    prepare: async () => {
      const node = await withGuests()
      node.engine.unpullable.set(image('libvirt-9b'), new Error('registry is down'))
      return node
    },
    plan: (node) => planFor(node, NEXT),
  },
]
