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
  ramdisk:
    'the image is live: the machine fetches kernel, ramdisk and root image at each start and runs them from memory, and no disk is written',
}

const LIVE_NOTE =
  'the conductor has to run whenever the machine starts. It says how much memory the machine needs, and refuses one that is known to have less'

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
  const route = wishes.route ?? routeFor(node, image)
  const name = node.name ?? node.uuid
  const problem = routeProblem(route, image, wishes, enabledInterfaces)
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
    notes: route === 'ramdisk' ? [LIVE_NOTE] : [],
  }
}

/** Of the node's own routes `ramdisk` is for live images alone. */
function routeFor({ deployInterface: own }: MetalNode, { form }: ConductorImage): ConductorRoute {
  if (form === 'live') return 'ramdisk'
  return isConductorRoute(own) && own !== 'ramdisk' ? own : 'stream'
}

function routeProblem(
  route: ConductorRoute,
  image: ConductorImage,
  wishes: ConductorWishes,
  enabledInterfaces: readonly string[] | undefined,
): Readonly<{ why: string; remedy: string }> | undefined {
  const { form, verify } = image
  // Ironic has `direct`, too.
  if (enabledInterfaces?.includes('stream') !== true || !enabledInterfaces.includes(route)) {
    return {
      why: 'what answers is not a conductor of Anneal',
      remedy: 'name the conductor with --conductor; for OpenStack Ironic, push the image to Glance first',
    }
  }
  if (form === 'live' || route === 'ramdisk') return liveProblem(route, image, wishes)
  if (route !== 'direct') return undefined
  const remedy = 'say --route stream, or leave the flag away'
  if (form === 'trio') return { why: 'the agent of Ironic writes whole disks here', remedy }
  if (verify === 'all') return { why: 'the agent of Ironic reads nothing back (--verify all)', remedy }
  return undefined
}

function liveProblem(
  route: ConductorRoute,
  { form, verify }: ConductorImage,
  { configDrive, keeps }: ConductorWishes,
): Readonly<{ why: string; remedy: string }> | undefined {
  if (route !== 'ramdisk') {
    return {
      why: 'a live image is written to no disk',
      remedy: 'leave --route away, or convert the image without --live',
    }
  }
  if (form !== 'live') {
    return {
      why: `it writes no disk, and --form ${form} is about one`,
      remedy: 'leave --form away, or choose another route',
    }
  }
  if (configDrive !== undefined) {
    return {
      why: 'no disk is written that could hold a config drive',
      remedy:
        'leave --user-data, --network-data, --ssh-key and --hostname away, and put what they say into the image before it is converted',
    }
  }
  if (keeps.length > 0) {
    return {
      why: 'no disk is written, so that --keep has no meaning',
      remedy:
        'name the disks when they would be wiped: `anneal metal undeploy --keep`, or `keep` of the inventory',
    }
  }
  if (verify === 'sample') return undefined
  return { why: 'nothing is written that could be read back', remedy: 'leave --verify away' }
}
