import { isAnnealError } from '../../core/index.ts'
import { KEEP } from '../../contract/index.ts'
import { BASE_WRITTEN, MARK, consoleUnavailable, instanceInfoOf, isManaged } from '../../metal/index.ts'
import type { InstanceInfo, MetalNode, NodeChange, Preparation } from '../../metal/index.ts'
import type { ConsolePlace, Provisioner } from '../../ports/index.ts'
import type { BareMetal } from './bare-metal.ts'
import { previewNode, registerNode } from './register-node.ts'

/**
 * Ironic as a provisioner, and Anneal's conductor, which speaks this part of Ironic's API: what is prepared stands in the
 * node's instance_info, and verbs carry the node on.
 */
export function ironicProvisioner(metal: BareMetal): Provisioner {
  return {
    machines: () => metal.nodes(),
    machine: (nameOrUuid) => metal.node(nameOrUuid),
    ports: ({ uuid }) => metal.ports(uuid),
    async deployMethods({ driver }) {
      const found = await metal.driver(driver)
      if (found === undefined) return 'nobody'
      return found === 'hidden' ? found : found.deployInterfaces
    },
    viewer: () => metal.viewer(),
    async facts() {
      const argumentRules = await metal.argumentRules()
      return {
        api: await metal.version(),
        takesArtifacts: await metal.takesArtifacts(),
        ...(argumentRules === undefined ? {} : { argumentRules }),
      }
    },

    register: (wanted, login) => registerNode(metal, wanted, login),
    previewRegister: (wanted) => previewNode(metal, wanted),

    manage: ({ uuid }) => metal.provision(uuid, 'manage'),
    inspect: ({ uuid }) => metal.provision(uuid, 'inspect'),
    provide: ({ uuid }) => metal.provision(uuid, 'provide'),
    abort: ({ uuid }) => metal.provision(uuid, 'abort'),
    async prepare(node, wanted) {
      await metal.changeNode(node.uuid, writing(node, await wordsFor(metal, node, wanted)))
    },
    async withdraw(node) {
      const changes = clearing(node)
      if (changes.length > 0) await metal.changeNode(node.uuid, changes)
    },
    check: (node) => metal.validate(node.uuid),
    deploy: (node, { configDrive, afterwards = 'boots' } = {}) =>
      metal.provision(node.uuid, 'active', {
        ...(configDrive === undefined ? {} : { configDrive }),
        ...(afterwards === 'off' ? { skippedSteps: BOOT_STEPS } : {}),
      }),
    boot: (node) => metal.provision(node.uuid, 'rebuild'),
    async release(node, keeps = []) {
      await keep(metal, node, keeps)
      await giveBackBase(metal, node)
      await metal.provision(node.uuid, 'deleted')
    },
    power: (node, wanted) => metal.power(node.uuid, wanted),

    console: (node) => consoleOf(metal, node),
    async startConsole(node) {
      await metal.setConsole(node.uuid, 'on').catch((error: unknown) => {
        if (!isAnnealError(error, 'OPENSTACK_REFUSED')) throw error
        throw consoleUnavailable(node, 'Ironic does not start it', error)
      })
    },
    listen: (uuid, signal) => metal.listen(uuid, signal),
  }
}

const BOOT_STEPS: readonly string[] = ['deploy.boot_instance']

const NO_CONSOLE = new Set(['no-console', 'fake', undefined])

async function consoleOf(metal: BareMetal, node: MetalNode): Promise<ConsolePlace> {
  if (NO_CONSOLE.has(node.consoleInterface)) {
    throw consoleUnavailable(node, `its console interface is ${node.consoleInterface ?? 'not set'}`)
  }
  const { enabled, type, url } = await metal.console(node.uuid)
  if (!enabled) return { state: 'off' }
  if (type === 'anneal') return { state: 'on', source: `conductor:${node.uuid}` }
  if (url === undefined) return { state: 'starting' }
  if (url.startsWith('tcp://')) return { state: 'on', source: `tcp:${url.slice('tcp://'.length)}` }
  throw consoleUnavailable(node, `it is at ${url}, which only a browser reads`)
}

/** Whether Ironic rebuilds a node without an image is asked only where it is rebuilt. */
async function wordsFor(metal: BareMetal, node: MetalNode, wanted: Preparation): Promise<InstanceInfo> {
  const isRebuilt = wanted.kind === 'network' && wanted.base !== undefined
  return instanceInfoOf(
    wanted,
    node,
    isRebuilt ? { rebuildsWithoutImage: await metal.rebuildsWithoutImage() } : {},
  )
}

/** The conductor reads it before it takes away what the instance said. */
async function keep(metal: BareMetal, node: MetalNode, keeps: readonly string[]): Promise<void> {
  const before = node.instanceInfo[KEEP]
  const said = typeof before === 'string' ? before.split('\n') : []
  const all = [...new Set([...said, ...keeps])]
  if (all.length === said.length) return
  await metal.changeNode(node.uuid, [{ op: 'add', path: member(KEEP), value: all.join('\n') }])
}

/**
 * The copy of a base that Ironic's deploy interface `direct` keeps for its agent is removed by `direct` alone, and not by
 * `ramdisk`, with which the node was booted (drivers/modules/agent.py, clean_up).
 */
async function giveBackBase(metal: BareMetal, node: MetalNode): Promise<void> {
  if (!(BASE_WRITTEN in node.instanceInfo) || node.instanceInfo['deploy_interface'] === 'direct') return
  await metal.changeNode(node.uuid, [{ op: 'add', path: '/instance_info/deploy_interface', value: 'direct' }])
}

/** What makes the node's instance information the wanted one. What a deployment does not decide stays as it is. */
function writing(node: MetalNode, wanted: InstanceInfo): readonly NodeChange[] {
  const added = Object.entries(wanted).map(([name, value]): NodeChange => ({
    op: 'add',
    path: member(name),
    value,
  }))
  return [...removals(node, wanted), ...added]
}

/** What takes away again what a deployment of Anneal wrote; nothing where none did. */
function clearing(node: MetalNode): readonly NodeChange[] {
  return node.instanceInfo[MARK] === undefined ? [] : removals(node, {})
}

/** Member by member: Ironic shows asterisks for some, and would keep those if they were sent back with the whole. */
function removals(node: MetalNode, kept: Readonly<Record<string, unknown>>): readonly NodeChange[] {
  return Object.entries(node.instanceInfo)
    .filter(([name, value]) => isManaged(name, value) && !(name in kept))
    .map(([name]) => ({ op: 'remove', path: member(name) }))
}

function member(name: string): string {
  return `/instance_info/${name}`
}
