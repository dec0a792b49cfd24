import { sha256 } from '../../adapters/system/index.ts'
import type { DeploymentPlan } from '../../contract/index.ts'
import {
  MARK,
  MARK_ADDRESS,
  configDrive as makeDrive,
  examineNode,
  examineServer,
  metalError,
  parseReady,
  planByConductor,
  planDeployment,
  planServer,
  shownPlan,
} from '../../metal/index.ts'
import type {
  ConductorImage,
  ConductorWishes,
  ConfigDrive,
  DeployEntry,
  DeployPlan,
  DeployWishes,
  DriveWishes,
  Examination,
  MetalNode,
  Networks,
  Ready,
} from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { readNode, runDeployment } from '../../runtime/metal/index.ts'
import type { DeploymentOptions, DeploymentReport } from '../../runtime/metal/index.ts'
import { consoleSource } from './machine-console.ts'
import { POLL_MS } from './poll.ts'
import { findImage } from './wanted-image.ts'
import type { WantedImage } from './wanted-image.ts'

/** How the image gets onto the machine. */
export type DeployWay =
  | (Omit<DeployWishes, 'configDrive' | 'argumentRules' | 'takesArtifacts'> & Readonly<{ via: 'ironic' }>)
  | (Omit<ConductorWishes, 'configDrive'> & Readonly<{ via: 'conductor'; image: ConductorImage }>)
  | Readonly<{
      via: 'nova'
      /** Name or id. */
      flavor: string
      networks: Networks
      /** A key pair that is there already. */
      keyName?: string
      /** What was asked for that Nova cannot do, as the person said it: it is refused. */
      beyondNova: readonly string[]
    }>

export type DeployRequest = Readonly<{
  /** Not asked of a conductor, which opens its image itself. */
  image?: WantedImage
  /** What the machine finds on its config drive. */
  drive: DriveWishes
  way: DeployWay
  /** When it counts as up, as `parseReady` reads it. Default: `ssh` where the node's address is known, else `active`. */
  ready?: string
  /** Change nothing, not even whether Ironic's console is on. */
  dryRun?: boolean
  /** Where the console is read, for `ready` of the console. By default Ironic is asked. */
  console?: string
}>

export type PlannedDeploy = Readonly<{
  plan: DeployPlan
  /** The plan as its document says it. */
  shown: DeploymentPlan
  ready: Ready
  /** Where the run begins: an earlier one may have come some way. */
  beginsIn: DeployEntry
  configDrive: ConfigDrive | undefined
}>

export type DeployControl = Pick<
  DeploymentOptions,
  'timeoutMs' | 'callbackTimeoutMs' | 'readyTimeoutMs' | 'signal' | 'onEffect' | 'onStretch'
>

/**
 * Plans the deployment of an image on a machine, and looks whether it could begin now. Changes nothing, but may have Ironic
 * start the console. Throws METAL_… with the reason why it is refused, and what the image's registry says.
 */
export async function planDeploy(
  world: MetalWorld,
  name: string,
  request: DeployRequest,
): Promise<PlannedDeploy> {
  const node = await readNode(world, name, 'deploy')
  const configDrive = makeDrive(request.drive, node)
  const ready = await wantedReady(world, node, request)
  const plan = await planFor(world, node, request, configDrive)
  const found = await examine(world, node, plan)
  if (!found.ok) throw found.error
  return { plan, shown: shownPlan(plan, node), ready, beginsIn: found.enter, configDrive }
}

/**
 * Carries out a plan, or goes on where an earlier run of the same plan was interrupted. How it ended stands in the report,
 * which is also kept in the records.
 */
export function deployMachine(
  world: MetalWorld,
  { plan, ready, configDrive }: PlannedDeploy,
  control: DeployControl,
): Promise<DeploymentReport> {
  return runDeployment(world, plan, {
    ...control,
    ready,
    pollMs: POLL_MS,
    ...(configDrive === undefined ? {} : { configDrive }),
  })
}

async function planFor(
  world: MetalWorld,
  node: MetalNode,
  { drive, way, image: wanted }: DeployRequest,
  configDrive: ConfigDrive | undefined,
): Promise<DeployPlan> {
  if (way.via === 'conductor') {
    const { via: _, image, ...wishes } = way
    const all = { ...wishes, ...(configDrive === undefined ? {} : { configDrive }) }
    return planByConductor(node, image, all, await enabledInterfaces(world, node), sha256)
  }
  if (wanted === undefined) throw new TypeError('a deployment by OpenStack names its image')
  const image = await findImage(wanted)
  if (way.via === 'nova') {
    const { via: _, ...wishes } = way
    const flavor = await world.compute.flavor(way.flavor)
    return planServer(node, image, { ...wishes, flavor, drive }, sha256)
  }
  const { via: _, ...wishes } = way
  const { argumentRules, takesArtifacts } = await world.provisioner.facts()
  return planDeployment(
    node,
    image,
    {
      ...wishes,
      ...(configDrive === undefined ? {} : { configDrive }),
      ...(argumentRules === undefined ? {} : { argumentRules }),
      takesArtifacts,
    },
    await enabledInterfaces(world, node),
    sha256,
  )
}

/** What the run would find at this moment: refused here, nothing has begun. */
async function examine(world: MetalWorld, node: MetalNode, plan: DeployPlan): Promise<Examination> {
  if (plan.server === undefined) return examineNode(node, plan)
  const [server] = await world.compute.marked(MARK, plan.id)
  return examineServer(node, server, plan)
}

async function wantedReady(
  world: MetalWorld,
  node: MetalNode,
  request: Pick<DeployRequest, 'ready' | 'console' | 'dryRun'>,
): Promise<Ready> {
  const fallback = typeof node.extra[MARK_ADDRESS] === 'string' ? 'ssh' : 'active'
  const wish = request.ready ?? fallback
  const source = wish.startsWith('console:')
    ? await consoleSource(world, node, request.console, request.dryRun === true ? 'plan' : 'open')
    : undefined
  return parseReady(wish, node, source)
}

/** Undefined where this login is not shown drivers: then Ironic's own check of the node says what is not enabled. */
async function enabledInterfaces(world: MetalWorld, node: MetalNode): Promise<readonly string[] | undefined> {
  const methods = await world.provisioner.deployMethods(node)
  if (methods === 'hidden') return undefined
  if (methods !== 'nobody') return methods
  throw metalError('METAL_NODE_INVALID', {
    action: `deploy on node "${node.name ?? node.uuid}"`,
    node: node.name ?? node.uuid,
    problems: `no conductor of Ironic runs its driver "${node.driver}"`,
  })
}
