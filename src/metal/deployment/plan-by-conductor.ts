import { canonicalJson } from '../../core/index.ts'
import type { Digest } from '../../core/index.ts'
import type { ConfigDrive } from '../config-drive.ts'
import { raise } from '../errors.ts'
import type { MetalNode } from '../node.ts'
import { isConductorRoute } from '../route.ts'
import type { ConductorRoute } from '../route.ts'
import { membersOf } from './instance-info.ts'
import type { DeployPlan } from './plan.ts'
import type { ConductorImage, Form } from './preparation.ts'

export type ConductorWishes = Readonly<{
  route?: ConductorRoute
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  /** What no disk that is written may hold: `label=data`. */
  keeps: readonly string[]
  configDrive?: ConfigDrive
}>

const WHY: Readonly<Record<ConductorRoute, string>> = {
  stream: 'the machine fetches what is in use of the image, and checks each piece before it writes it',
  direct:
    'ironic-python-agent fetches the whole disk, writes it while it comes, and compares its checksum at the end',
  iscsi: 'the machine offers its disk as an iSCSI target, and the conductor writes the image into it',
}

/**
 * Plans a deployment by Anneal’s own conductor, which reads the image, makes the command line and composes the disk. Throws
 * METAL_NO_ROUTE where the service that answers is no such conductor.
 */
export function planByConductor(
  node: MetalNode,
  image: ConductorImage,
  wishes: ConductorWishes,
  enabledInterfaces: readonly string[] | undefined,
  digest: Digest,
): DeployPlan {
  const own = node.deployInterface
  const route = wishes.route ?? (isConductorRoute(own) ? own : 'stream')
  const name = node.name ?? node.uuid
  const problem = routeProblem(route, image, enabledInterfaces)
  if (problem !== undefined) {
    const routes = `not by ${route}, because ${problem.why}`
    throw raise('METAL_NO_ROUTE', { image: image.location, node: name, routes, remedy: problem.remedy })
  }
  const drive = wishes.configDrive === undefined ? undefined : digest(canonicalJson(wishes.configDrive))
  const { addedArguments, deletedArguments, keeps } = wishes
  const form: Form = { kind: 'composed', image, route, addedArguments, deletedArguments, keeps }
  const wanted = membersOf(form, node)
  const id = digest(canonicalJson({ wanted, drive }))
    .replace(/^sha256:/, '')
    .slice(0, 32)
  return {
    id,
    node: { uuid: node.uuid, name },
    image: { reference: image.location, name: image.location.split('/').at(-1) || image.location },
    route,
    why: WHY[route],
    refusedRoutes: [],
    arguments: wishes.addedArguments.map((text) => ({ text, origin: '--karg' })),
    removedArguments: wishes.deletedArguments.map((text) => ({ text, origin: '--delete-karg' })),
    prepares: { ...form, deployment: id },
    ...(drive === undefined ? {} : { configDrive: drive }),
    notes: [],
  }
}

function routeProblem(
  route: ConductorRoute,
  { form, verify }: ConductorImage,
  enabledInterfaces: readonly string[] | undefined,
): Readonly<{ why: string; remedy: string }> | undefined {
  // Ironic has `direct`, too.
  if (enabledInterfaces?.includes('stream') !== true || !enabledInterfaces.includes(route)) {
    return {
      why: 'what answers is not a conductor of Anneal',
      remedy: 'name the conductor with --conductor; for OpenStack Ironic, push the image to Glance first',
    }
  }
  if (route !== 'direct') return undefined
  const remedy = 'say --route stream, or leave the flag away'
  if (form === 'trio') return { why: 'the agent of Ironic writes whole disks here', remedy }
  if (verify === 'all') return { why: 'the agent of Ironic reads nothing back (--verify all)', remedy }
  return undefined
}
