import { canonicalJson } from '../../core/index.ts'
import type { Digest } from '../../core/index.ts'
import type { ConfigDrive } from '../config-drive.ts'
import { raise } from '../errors.ts'
import { KERNEL_CMDLINE } from '../image.ts'
import type { ImageFacts } from '../image.ts'
import { mergeArguments } from '../kernel-arguments.ts'
import type { MergedArguments, PlainArgument } from '../kernel-arguments.ts'
import type { MetalNode } from '../node.ts'
import { chooseRoute } from '../route.ts'
import type { RefusedRoute, Route } from '../route.ts'
import type { ServerPlan } from '../server.ts'
import { refuseTooLarge, refuseUnready } from './image-fits.ts'

/**
 * Where Ironic (instance_info) or Nova (metadata of the server) keeps the id of the deployment: gone by itself when the
 * node is undeployed.
 */
export const MARK = 'anneal_deployment'

export type DeployWishes = Readonly<{
  route?: Route
  /** The boot contract of the image, where it was given beside the image. */
  contract: readonly PlainArgument[]
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  configDrive?: ConfigDrive
}>

/** What a deployment will do, as data: printed by the dry run, and followed by the run. */
export type DeployPlan = Readonly<{
  /** Digest of all that reaches the machine: the same image, arguments and drive are the same deployment. */
  id: string
  node: Readonly<{ uuid: string; name: string }>
  image: Readonly<{ reference: string; name: string; kernel?: string; ramdisk?: string; hash?: string }>
  route: Route
  why: string
  refusedRoutes: readonly RefusedRoute[]
  arguments: readonly PlainArgument[]
  removedArguments: readonly PlainArgument[]
  /** Members of the node's instance information that the deployment sets. No secret is among them. */
  instanceInfo: Readonly<Record<string, string | number>>
  /** Digest of the config drive's content; the content itself may hold secrets and stays out of the plan. */
  configDrive?: string
  /** The server to ask Nova for; absent where Ironic is asked itself. */
  server?: ServerPlan
  notes: readonly string[]
}>

/** Members of instance_info that a deployment decides; what else is there stays. */
export const MANAGED: readonly string[] = [
  'image_source',
  'image_checksum',
  'image_os_hash_algo',
  'image_os_hash_value',
  'image_disk_format',
  'image_type',
  'kernel',
  'ramdisk',
  'ramdisk_kernel_arguments',
  'deploy_interface',
  MARK,
]

/**
 * Plans the deployment of an image on a node. Throws METAL_IMAGE_NOT_READY, METAL_NO_ROUTE, KERNEL_ARGUMENTS_REFUSED,
 * KERNEL_ARGUMENT_ABSENT: all that can be known before the node is touched.
 */
export function planDeployment(
  node: MetalNode,
  image: ImageFacts,
  wishes: DeployWishes,
  enabledInterfaces: readonly string[],
  digest: Digest,
): DeployPlan {
  refuseUnready(image)
  const choice = chooseRoute(
    image,
    {
      ...(wishes.route === undefined ? {} : { route: wishes.route }),
      changesArguments: wishes.addedArguments.length > 0 || wishes.deletedArguments.length > 0,
      wantsConfigDrive: wishes.configDrive !== undefined,
    },
    enabledInterfaces,
  )
  const name = node.name ?? node.uuid
  if (!choice.possible) {
    throw raise('METAL_NO_ROUTE', {
      image: image.name,
      node: name,
      routes: choice.refused.map(({ route, why }) => `not by ${route}, because ${why}`).join('; '),
      remedy: [...new Set(choice.refused.map((one) => one.remedy))].join('; or '),
    })
  }
  const { route } = choice
  if (route === 'direct') refuseTooLarge(node, image)
  const merged = route === 'ramdisk' ? argumentsFor(image, wishes) : NO_ARGUMENTS
  const drive = wishes.configDrive === undefined ? undefined : digest(canonicalJson(wishes.configDrive))
  const wanted = instanceInfo(image, route, merged.line)
  const id = digest(canonicalJson({ ...wanted, hash: image.hash, drive })).replace(/^sha256:/, '')
  return {
    id: id.slice(0, 32),
    node: { uuid: node.uuid, name },
    image: {
      reference: image.reference,
      name: image.name,
      ...(image.kernel === undefined ? {} : { kernel: image.kernel }),
      ...(image.ramdisk === undefined ? {} : { ramdisk: image.ramdisk }),
      ...(image.hash === undefined ? {} : { hash: `${image.hash.algorithm}:${image.hash.value}` }),
    },
    route,
    why: choice.why,
    refusedRoutes: choice.refused,
    arguments: merged.arguments.map(plain),
    removedArguments: merged.removed.map(plain),
    instanceInfo: { ...wanted, [MARK]: id.slice(0, 32) },
    ...(drive === undefined ? {} : { configDrive: drive }),
    notes: notesOn(image, route, merged),
  }
}

const NO_ARGUMENTS: MergedArguments = { line: '', arguments: [], removed: [], findings: [] }

/** Longest command line of x86 and arm64 (COMMAND_LINE_SIZE), less what Ironic's template and iPXE put around it. */
const MOST_BYTES = 1800

function argumentsFor(image: ImageFacts, wishes: DeployWishes): MergedArguments {
  const property = image.properties[KERNEL_CMDLINE]
  const merged = mergeArguments({
    contract: wishes.contract,
    ...(property === undefined ? {} : { property }),
    added: wishes.addedArguments,
    deleted: wishes.deletedArguments,
  })
  const refused = merged.findings.filter((one) => one.severity === 'refuse')
  if (refused.length > 0) {
    throw raise('KERNEL_ARGUMENTS_REFUSED', {
      problems: refused.map((one) => `${one.subject}: ${one.evidence}`).join('; '),
      remedy: [...new Set(refused.map((one) => one.remedy))].join('; '),
    })
  }
  if (merged.line.length > MOST_BYTES) {
    throw raise('KERNEL_ARGUMENTS_REFUSED', {
      problems: `${merged.line.length} bytes are more than the ${MOST_BYTES} that fit`,
      remedy: 'take arguments off: --delete-karg NAME',
    })
  }
  return merged
}

function plain({ text, origin }: PlainArgument): PlainArgument {
  return { text, origin }
}

function instanceInfo(
  image: ImageFacts,
  route: Route,
  line: string,
): Readonly<Record<string, string | number>> {
  if (route === 'ramdisk') {
    return {
      kernel: image.kernel ?? '',
      ramdisk: image.ramdisk ?? '',
      deploy_interface: route,
      // Only the machine's own boot gets these. kernel_append_params would reach the deploy ramdisk, too.
      ...(line === '' ? {} : { ramdisk_kernel_arguments: line }),
    }
  }
  const isUrl = /^(https?|file):/.test(image.reference)
  return {
    image_source: image.reference,
    deploy_interface: route,
    // Of an image of Glance Ironic asks these itself.
    ...(isUrl && image.hash !== undefined
      ? { image_os_hash_algo: image.hash.algorithm, image_os_hash_value: image.hash.value }
      : {}),
    ...(isUrl && image.diskFormat !== undefined ? { image_disk_format: image.diskFormat } : {}),
    ...(isUrl ? { image_type: 'whole-disk' } : {}),
  }
}

/** Arguments that say where the root file system is; without any the ramdisk is all that runs. */
const ROOTS = new Set(['root', 'rdinit', 'coreos.live.rootfs_url', 'boot.live'])

function notesOn(image: ImageFacts, route: Route, merged: MergedArguments): readonly string[] {
  const warnings = merged.findings.map((one) => `${one.subject}: ${one.evidence}. ${one.remedy}`)
  const hasRoot = merged.arguments.some((one) => ROOTS.has(one.key))
  if (route === 'ramdisk') {
    const noRoot = `no argument names a root file system (root=): what boots is the ramdisk itself. Set property ${KERNEL_CMDLINE} of the image, or give --karg, if that is not meant`
    return hasRoot ? warnings : [...warnings, noRoot]
  }
  return image.properties[KERNEL_CMDLINE] === undefined
    ? []
    : [`property ${KERNEL_CMDLINE} of the image is not used: a whole disk boots with its own boot entry`]
}
