import { imageForm } from './image.ts'
import type { ImageFacts, ImageForm } from './image.ts'

/** The ways in which Ironic puts an image on a machine, by the name of the deploy interface that does it. */
export type Route = 'direct' | 'ramdisk'

export const ROUTES: readonly Route[] = ['direct', 'ramdisk']

export type RouteWishes = Readonly<{
  /** What the person named with --route. */
  route?: Route
  /** `--karg` or `--delete-karg` were given. */
  changesArguments: boolean
  wantsConfigDrive: boolean
}>

export type RouteChoice = Readonly<
  | { possible: true; route: Route; why: string; refused: readonly RefusedRoute[] }
  | { possible: false; refused: readonly RefusedRoute[] }
>

export type RefusedRoute = Readonly<{ route: Route; why: string; remedy: string }>

const WHY: Readonly<Record<Route, string>> = {
  direct:
    'the image is a whole disk with its own boot loader: the agent writes it, and the machine boots from its disk',
  ramdisk:
    'the image has its kernel and ramdisk beside it: the machine boots them over the network, and no disk is written',
}

/**
 * Chooses how an image gets onto a machine, and says for each other way why not. `enabled` are the deploy interfaces
 * that the driver of the node offers.
 */
export function chooseRoute(image: ImageFacts, wishes: RouteWishes, enabled: readonly string[]): RouteChoice {
  const form = imageForm(image)
  const judged = ROUTES.map((route) => ({
    route,
    problem: routeProblem(route, form, image, wishes, enabled),
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
  route: Route,
  form: ImageForm,
  image: ImageFacts,
  wishes: RouteWishes,
  enabled: readonly string[],
): Problem | undefined {
  const problem = route === 'direct' ? directProblem(form, image, wishes) : ramdiskProblem(form, wishes)
  if (problem !== undefined || enabled.includes(route)) return problem
  return {
    why: `this node's driver has it not enabled (it has ${enabled.join(', ') || 'none'})`,
    remedy: `add ${route} to enabled_deploy_interfaces of Ironic and restart its conductors`,
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
      return {
        why: `the base of "${image.name}" is one partition: the agent would look for a boot loader to install in it, knows neither LVM nor ostree, and uses neither its kernel nor its ramdisk`,
        remedy: 'push the image in its whole-disk form, or deploy the trio by ramdisk',
      }
    case 'kernel':
    case 'ramdisk':
      return partOfTrio(form)
    case 'iso':
    case 'unknown':
      return notDeployable(form, image)
  }
}

function ramdiskProblem(form: ImageForm, wishes: RouteWishes): Problem | undefined {
  switch (form) {
    case 'trio':
      return wishes.wantsConfigDrive
        ? {
            why: 'the boot loader hands a ramdisk no config drive, and no disk is written that could hold one',
            remedy:
              'leave --user-data, --network-data and --ssh-key away and put what they say into the image, or push it as a whole disk',
          }
        : undefined
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
    case 'unknown':
      return notDeployable(form, undefined)
  }
}

function partOfTrio(form: 'kernel' | 'ramdisk'): Problem {
  return {
    why: `the image is itself a ${form}`,
    remedy: 'name the base image that it belongs to',
  }
}

function notDeployable(form: 'iso' | 'unknown', image: ImageFacts | undefined): Problem {
  return {
    why:
      form === 'iso'
        ? 'the image is an ISO, which boots from virtual media only'
        : `disk format ${image?.diskFormat ?? 'unknown'} is neither raw nor qcow2`,
    remedy: 'convert the image: `anneal image convert`',
  }
}
