import { HOLDS, imageForm, isArtifact } from './image.ts'
import type { ImageFacts, ImageForm } from './image.ts'
import type { RootArgument } from './root-argument.ts'

/**
 * The ways in which Ironic puts an image on a machine, by the names of the deploy interfaces that do it, one after the
 * other.
 */
export type IronicRoute = 'direct' | 'direct+ramdisk' | 'ramdisk'

/** The ways in which Anneal’s own conductor deploys. Ironic has `direct` and `ramdisk`, too; `ramdisk` writes no disk. */
export type ConductorRoute = 'stream' | 'iscsi' | 'direct' | 'ramdisk'

export type Route = IronicRoute | ConductorRoute

const IRONIC_ROUTES: readonly IronicRoute[] = ['direct', 'direct+ramdisk', 'ramdisk']

export const ROUTES: readonly Route[] = [...IRONIC_ROUTES, 'stream', 'iscsi']

const CONDUCTOR_ROUTES: readonly string[] = ['stream', 'iscsi', 'direct', 'ramdisk']

export function isConductorRoute(route: string | undefined): route is ConductorRoute {
  return route !== undefined && CONDUCTOR_ROUTES.includes(route)
}

export function isIronicRoute(route: Route): route is IronicRoute {
  return (IRONIC_ROUTES as readonly Route[]).includes(route)
}

/** Whether a route ends with the machine booting kernel and ramdisk over the network: only then are arguments given. */
export function bootsOverNetwork(route: Route): boolean {
  return route === 'ramdisk' || route === 'direct+ramdisk'
}

export type RouteWishes = Readonly<{
  /** What the person named with --route. */
  route?: IronicRoute
  /** What the kernel command line says of the root file system, where the image has one. */
  root?: RootArgument
  /** `--karg` or `--delete-karg` were given. */
  changesArguments: boolean
  wantsConfigDrive: boolean
  /** Ironic may not switch the machine off. */
  staysOn?: boolean
}>

export type RouteChoice = Readonly<
  | { possible: true; route: IronicRoute; why: string; refused: readonly RefusedRoute[] }
  | { possible: false; refused: readonly RefusedRoute[] }
>

export type RefusedRoute = Readonly<{ route: IronicRoute; why: string; remedy: string }>

const WHY: Readonly<Record<IronicRoute, string>> = {
  direct:
    'the image is a whole disk with its own boot loader: the agent writes it, and the machine boots from its disk',
  'direct+ramdisk':
    'its command line looks for the root on a disk: the agent partitions the disk of the machine and writes the base into it, then the machine boots kernel and ramdisk over the network',
  ramdisk:
    'the image has its kernel and ramdisk beside it: the machine boots them over the network, and no disk is written',
}

/**
 * Chooses how an image gets onto a machine, and says for each other way why not. `enabled` are the deploy interfaces
 * that the driver of the node offers; undefined where that is not shown, and then Ironic's own check has to say it.
 */
export function chooseRoute(
  image: ImageFacts,
  wishes: RouteWishes,
  enabled: readonly string[] | undefined,
): RouteChoice {
  const form = imageForm(image)
  const judged = IRONIC_ROUTES.map((route) => ({
    route,
    problem:
      routeProblem(route, form, image, wishes, enabled) ??
      // Who names a route knows what is on the disk already.
      (wishes.route === route ? undefined : rootProblem(route, form, wishes.root)),
  }))
  const refused = judged.flatMap(({ route, problem }) =>
    problem === undefined ? [] : [{ route, ...problem }],
  )
  const wanted = judged.find((one) =>
    wishes.route === undefined ? one.problem === undefined : one.route === wishes.route,
  )
  if (wanted === undefined || wanted.problem !== undefined) {
    // Where a route was named, only why that one does not go is of use.
    const told = wishes.route === undefined ? refused : refused.filter((one) => one.route === wishes.route)
    return { possible: false, refused: told }
  }
  return { possible: true, route: wanted.route, why: WHY[wanted.route], refused }
}

type Problem = Readonly<{ why: string; remedy: string }>

function routeProblem(
  route: IronicRoute,
  form: ImageForm,
  image: ImageFacts,
  wishes: RouteWishes,
  enabled: readonly string[] | undefined,
): Problem | undefined {
  const problem = PROBLEMS[route](form, image, wishes)
  const missing = route.split('+').find((one) => enabled?.includes(one) === false)
  if (problem !== undefined || missing === undefined || enabled === undefined) return problem
  return {
    why: `this node's driver has ${missing} not enabled (it has ${enabled.join(', ') || 'none'})`,
    remedy: `add ${missing} to enabled_deploy_interfaces of Ironic and restart its conductors`,
  }
}

const NOT_WRITTEN: Problem = {
  why: 'it is a live image, which runs from memory: there is no base to write',
  remedy: 'leave --route away, or push the image that it was made of',
}

type Judge = (form: ImageForm, image: ImageFacts, wishes: RouteWishes) => Problem | undefined

const PROBLEMS: Readonly<Record<IronicRoute, Judge>> = {
  direct: directProblem,
  'direct+ramdisk': baseProblem,
  ramdisk: ramdiskProblem,
}

/** Why a route that is possible would not boot, by what the command line says of the root file system. */
function rootProblem(
  route: IronicRoute,
  form: ImageForm,
  root: RootArgument | undefined,
): Problem | undefined {
  if (form !== 'trio' || route === 'direct') return undefined
  if (route === 'ramdisk') {
    if (root === undefined || root.kind === 'elsewhere') return undefined
    return {
      why: `its command line looks for the root on a disk (${root.text}), and this way writes none`,
      remedy: 'say --route ramdisk if the disk of the machine holds that root already',
    }
  }
  if (root?.kind === 'disk') return undefined
  if (root?.kind === 'partition') {
    return {
      why: `its command line looks for the root in a partition (${root.text}), and the agent makes another for it`,
      remedy:
        'name the root by its file system: --karg root=UUID=…; or push the image in its whole-disk form',
    }
  }
  return {
    why: `its command line looks for no root on a disk (${root?.text ?? 'it has no root='})`,
    remedy: 'name the root: --karg root=UUID=…',
  }
}

/** ironic-python-agent writes to the disk: extensions/standby.py; boot loader: extensions/image.py. */
function directProblem(form: ImageForm, image: ImageFacts, wishes: RouteWishes): Problem | undefined {
  switch (form) {
    case 'wholeDisk':
      return wishes.changesArguments
        ? {
            why: 'the command line of a whole disk is in its own boot entries, which Ironic does not change',
            remedy:
              'give the arguments when the image is converted and pushed, or deploy the image as a trio',
          }
        : undefined
    case 'trio':
    case 'partition':
      if (image.properties[HOLDS] === 'live') return NOT_WRITTEN
      return {
        why: `the base of "${image.name}" is one partition: the agent would look for a boot loader to install in it, knows neither LVM nor ostree, and uses neither its kernel nor its ramdisk`,
        remedy: 'push the image in its whole-disk form, or deploy the trio by direct+ramdisk',
      }
    case 'kernel':
    case 'ramdisk':
      return partOfTrio(form)
    case 'iso':
    case 'container':
    case 'unknown':
      return notDeployable(form, image)
  }
}

/** The agent makes a partition and writes the base into it; the boot loader that it would install there is left out. */
function baseProblem(form: ImageForm, image: ImageFacts, wishes: RouteWishes): Problem | undefined {
  if (form !== 'trio') return pairProblem(form, image)
  if (isArtifact(image)) {
    return {
      why: 'Ironic writes every image of a registry over the whole disk, and this base is no disk',
      remedy: 'push it to the registry with --whole-disk, or push the trio to Glance',
    }
  }
  if (wishes.staysOn === true) {
    return {
      why: 'the machine would have to be off between the base and its boot, and Ironic may not switch this one off (disable_power_off)',
      remedy: 'push the image in its whole-disk form, or unset disable_power_off of the node',
    }
  }
  if (image.reference === image.kernel) {
    return {
      why: 'there is a kernel and a ramdisk, and no base to write',
      remedy: 'name the base: --image, beside --kernel and --ramdisk',
    }
  }
  if (image.properties[HOLDS] === 'live') return NOT_WRITTEN
  if (image.diskFormat === 'raw' || image.diskFormat === 'qcow2') return undefined
  return {
    why: `its disk format is ${image.diskFormat ?? 'unknown'}, and Ironic writes raw and qcow2 to a disk`,
    remedy: 'push it with --disk-format raw, which is the default',
  }
}

function ramdiskProblem(form: ImageForm, image: ImageFacts, wishes: RouteWishes): Problem | undefined {
  if (form !== 'trio') return pairProblem(form, image)
  if (!wishes.wantsConfigDrive) return undefined
  return {
    why: 'the boot loader hands a ramdisk no config drive, and no disk is written that could hold one',
    remedy:
      'leave --user-data, --network-data and --ssh-key away and put what they say into the image, or push it as a whole disk',
  }
}

/** Why an image has no pair to boot over the network. */
function pairProblem(form: Exclude<ImageForm, 'trio'>, image: ImageFacts): Problem {
  switch (form) {
    case 'wholeDisk':
      return {
        why: 'the image has no kernel and ramdisk beside it (properties kernel_id and ramdisk_id)',
        remedy: 'push it as a trio: `anneal image push` with kernel, ramdisk and base',
      }
    case 'partition':
      return {
        why: 'the image is a base without its kernel and ramdisk (properties kernel_id and ramdisk_id)',
        remedy: 'push the whole trio, or set kernel_id and ramdisk_id on this image',
      }
    case 'kernel':
    case 'ramdisk':
      return partOfTrio(form)
    case 'iso':
    case 'container':
    case 'unknown':
      return notDeployable(form, image)
  }
}

function partOfTrio(form: 'kernel' | 'ramdisk'): Problem {
  return {
    why: `the image is itself a ${form}`,
    remedy: 'name the base image that it belongs to',
  }
}

function notDeployable(form: 'iso' | 'container' | 'unknown', image: ImageFacts): Problem {
  if (form === 'container') {
    return {
      why: 'it is a container and no disk. Ironic’s interface bootc unpacks all of one in the memory of the machine, and no registry says how large it is then: Anneal does not take the risk',
      remedy:
        'make a disk of the container (bootc install to-disk, bootc-image-builder), and push that with --whole-disk',
    }
  }
  return {
    why:
      form === 'iso'
        ? 'the image is an ISO, which boots from virtual media only'
        : `disk format ${image.diskFormat ?? 'unknown'} is neither raw nor qcow2`,
    remedy: 'convert the image: `anneal image convert`',
  }
}
