import { canonicalJson } from '../../core/index.ts'
import type { Digest, IronicRules } from '../../core/index.ts'
import type { ConfigDrive } from '../config-drive.ts'
import { raise } from '../errors.ts'
import { KERNEL_CMDLINE, imageForm, isArtifact } from '../image.ts'
import type { ImageFacts } from '../image.ts'
import { mergeArguments } from '../kernel-arguments.ts'
import type { MergedArguments, PlainArgument } from '../kernel-arguments.ts'
import type { MetalNode } from '../node.ts'
import { rootArgument } from '../root-argument.ts'
import { bootsOverNetwork, chooseRoute } from '../route.ts'
import type { IronicRoute, RefusedRoute, Route } from '../route.ts'
import type { ServerPlan } from '../server.ts'
import type { DeployVia } from './effects.ts'
import {
  partitionGib,
  refuseArtifact,
  refuseTooLarge,
  refuseTooLittleMemory,
  refuseUnready,
} from './image-fits.ts'
import { membersOf } from './instance-info.ts'
import type { Form, NetworkForm, Preparation, SourceImage } from './preparation.ts'

export type DeployWishes = Readonly<{
  route?: IronicRoute
  /** The boot contract of the image, where it was given beside the image. */
  contract: readonly PlainArgument[]
  addedArguments: readonly string[]
  deletedArguments: readonly string[]
  configDrive?: ConfigDrive
  /** Of kernel arguments, by the Ironic that is asked; both where it is not known. */
  argumentRules?: IronicRules
  /** Whether the Ironic that is asked fetches images from registries. */
  takesArtifacts?: boolean
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
  /** What the machine is prepared for; absent where Nova does that. No secret is in it. */
  prepares?: Preparation
  /** What takes its place once the base is on the disk: the boot over the network. */
  boots?: Preparation & NetworkForm
  /** Ironic is asked about that boot before the base is written: nothing else told whether it can do it. */
  checksBootFirst?: true
  /** Digest of the config drive's content; the content itself may hold secrets and stays out of the plan. */
  configDrive?: string
  /** The server to ask Nova for; absent where Ironic is asked itself. */
  server?: ServerPlan
  notes: readonly string[]
}>

/**
 * Plans the deployment of an image on a node. Throws METAL_IMAGE_NOT_READY, METAL_NO_ROUTE, KERNEL_ARGUMENTS_REFUSED,
 * KERNEL_ARGUMENT_ABSENT: all that can be known before the node is touched.
 */
export function planDeployment(
  node: MetalNode,
  image: ImageFacts,
  wishes: DeployWishes,
  enabledInterfaces: readonly string[] | undefined,
  digest: Digest,
): DeployPlan {
  refuseUnready(image)
  if (isArtifact(image)) refuseArtifact(node, image, wishes)
  const merged = imageForm(image) === 'trio' ? argumentsFor(image, wishes) : NO_ARGUMENTS
  const root = rootArgument(merged.arguments.map((one) => one.text))
  const choice = chooseRoute(
    image,
    {
      ...(wishes.route === undefined ? {} : { route: wishes.route }),
      ...(root === undefined ? {} : { root }),
      changesArguments: wishes.addedArguments.length > 0 || wishes.deletedArguments.length > 0,
      wantsConfigDrive: wishes.configDrive !== undefined,
      staysOn: node.staysOn,
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
  if (route === 'ramdisk') refuseTooLittleMemory(node, image)
  if (bootsOverNetwork(route)) refuseArguments(merged)
  const drive = wishes.configDrive === undefined ? undefined : digest(canonicalJson(wishes.configDrive))
  const { wanted, boot } = formsOn(route, node, image, merged)
  const { hash } = image
  const info = membersOf(wanted, node)
  const all =
    boot === undefined ? { ...info, hash, drive } : { wanted: info, boot: membersOf(boot, node), hash, drive }
  const id = digest(canonicalJson(all))
    .replace(/^sha256:/, '')
    .slice(0, 32)
  return {
    id,
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
    prepares: { ...wanted, deployment: id },
    ...(boot === undefined ? {} : { boots: { ...boot, deployment: id } }),
    ...(drive === undefined ? {} : { configDrive: drive }),
    ...(boot === undefined || enabledInterfaces !== undefined ? {} : { checksBootFirst: true }),
    notes: [...notesOn(image, route, merged), ...(enabledInterfaces === undefined ? [HIDDEN] : [])],
  }
}

const HIDDEN =
  'Ironic does not show this login which deploy interfaces are enabled (that is for system scope): its own check of the node says it, before anything is started'

export function viaOf({ server, boots }: DeployPlan): DeployVia {
  if (server !== undefined) return 'nova'
  return boots === undefined ? 'ironic' : 'ironicTwice'
}

/** What the machine is prepared for; and the boot, where that is asked for by itself. */
function formsOn(
  route: IronicRoute,
  node: MetalNode,
  image: ImageFacts,
  { line }: MergedArguments,
): Readonly<{ wanted: Form; boot?: NetworkForm }> {
  const { reference, hash, diskFormat, kernel = '', ramdisk = '' } = image
  const source: SourceImage = {
    reference,
    ...(hash === undefined ? {} : { hash }),
    ...(diskFormat === undefined ? {} : { diskFormat }),
  }
  const pair: NetworkForm = { kind: 'network', kernel, ramdisk, commandLine: line }
  switch (route) {
    case 'direct':
      return { wanted: { kind: 'disk', image: source } }
    case 'ramdisk':
      return { wanted: pair }
    case 'direct+ramdisk':
      return { wanted: { kind: 'base', image: source, sizeGib: partitionGib(node, image) }, boot: pair }
  }
}

const NO_ARGUMENTS: MergedArguments = { line: '', arguments: [], removed: [], findings: [] }

/** Longest command line of x86 and arm64 (COMMAND_LINE_SIZE), less what Ironic's template and iPXE put around it. */
const MOST_BYTES = 1800

function argumentsFor(image: ImageFacts, wishes: DeployWishes): MergedArguments {
  const property = image.properties[KERNEL_CMDLINE]
  return mergeArguments({
    contract: wishes.contract,
    ...(property === undefined ? {} : { property }),
    added: wishes.addedArguments,
    deleted: wishes.deletedArguments,
    ...(wishes.argumentRules === undefined ? {} : { rules: wishes.argumentRules }),
  })
}

function refuseArguments(merged: MergedArguments): void {
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
}

function plain({ text, origin }: PlainArgument): PlainArgument {
  return { text, origin }
}

/** Arguments that say where the root file system is; without any the ramdisk is all that runs. */
const ROOTS = new Set(['root', 'rdinit', 'boot', 'coreos.live.rootfs_url', 'boot.live'])

function notesOn(image: ImageFacts, route: IronicRoute, merged: MergedArguments): readonly string[] {
  const warnings = merged.findings.map((one) => `${one.subject}: ${one.evidence}. ${one.remedy}`)
  const hasRoot = merged.arguments.some((one) => ROOTS.has(one.key))
  if (bootsOverNetwork(route)) {
    const noRoot = `no argument names a root file system (root=): what boots is the ramdisk itself. Set property ${KERNEL_CMDLINE} of the image, or give --karg, if that is not meant`
    return hasRoot ? warnings : [...warnings, noRoot]
  }
  return image.properties[KERNEL_CMDLINE] === undefined
    ? []
    : [`property ${KERNEL_CMDLINE} of the image is not used: a whole disk boots with its own boot entry`]
}
