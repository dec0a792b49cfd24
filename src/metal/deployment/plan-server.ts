import { canonicalJson } from '../../core/index.ts'
import type { Digest } from '../../core/index.ts'
import { configDrive } from '../config-drive.ts'
import type { DriveWishes } from '../config-drive.ts'
import { raise } from '../errors.ts'
import { isArtifact } from '../image.ts'
import type { ImageFacts } from '../image.ts'
import type { MetalNode } from '../node.ts'
import { chooseRoute } from '../route.ts'
import { resourceName } from '../server.ts'
import type { Flavor, Networks, ServerPlan } from '../server.ts'
import { refuseTooLarge, refuseUnready } from './image-fits.ts'
import type { DeployPlan } from './plan.ts'

export type ServerWishes = Readonly<{
  flavor: Flavor
  networks: Networks
  /** A key pair that is there already. */
  keyName?: string
  drive: DriveWishes
  /** `--karg`, `--delete-karg`, `--boot` or a `--route` other than direct were given. */
  beyondNova: readonly string[]
}>

/**
 * Plans the deployment of an image on a node as a server of Nova, which writes whole disks and nothing else. Throws
 * METAL_IMAGE_NOT_READY, METAL_NOVA_CANNOT: all that can be known before Nova is asked.
 */
export function planServer(
  node: MetalNode,
  image: ImageFacts,
  wishes: ServerWishes,
  digest: Digest,
): DeployPlan {
  const name = node.name ?? node.uuid
  const cannot = (why: string, remedy: string): Error =>
    raise('METAL_NOVA_CANNOT', { image: image.name, node: name, why, remedy })
  refuseUnready(image)
  if (isArtifact(image)) {
    throw cannot('it knows images of Glance alone', 'push it to Glance, or deploy without --via nova')
  }
  refuseUnfitImage(image, cannot)
  refuseTooLarge(node, image)
  refuseUnfitNode(node, cannot)
  refuseUnfitFlavor(node, wishes.flavor, cannot)
  const [beyond] = wishes.beyondNova
  if (beyond !== undefined) {
    throw cannot(
      `it hands no kernel arguments to a machine, and knows one way onto its disk (${beyond})`,
      `leave ${beyond} away: give arguments when the image is converted; or deploy without --via nova`,
    )
  }
  const { drive, keyName, networks } = wishes
  if (drive.networkData !== undefined) {
    throw cannot(
      'it takes the network data of a server from Neutron',
      'leave --network-data away, or deploy without --via nova',
    )
  }
  const keys = drive.sshKeys.length + (keyName === undefined ? 0 : 1)
  if (keys > 1) throw cannot('a server has one key pair', 'give one key, and the others in --user-data')
  const [material] = drive.sshKeys
  const { hostname, ...held } = drive
  const content = configDrive(held, node)
  const wantsDrive = content !== undefined || keyName !== undefined
  if (wantsDrive && networks === 'none') {
    // nova.virt.ironic.driver, _get_network_metadata: TypeError, and the server is in ERROR.
    throw cannot(
      'its Ironic driver fails on a config drive for a server without a network',
      'name a network (--network ID), or leave --key, --ssh-key and --user-data away',
    )
  }
  const server: ServerPlan = {
    name: hostname ?? name,
    flavor: { id: wishes.flavor.id, name: wishes.flavor.name },
    networks,
    // A server without metadata service finds its key and user data on the drive alone.
    configDrive: wantsDrive ? 'wanted' : 'notWanted',
    ...(keyName === undefined ? {} : { key: { name: keyName } }),
    ...(material === undefined ? {} : { key: { name: keyPairName(material, digest), material } }),
  }
  const driveDigest = content === undefined ? undefined : digest(canonicalJson(content))
  const all = { via: 'nova', image: image.reference, hash: image.hash, server, drive: driveDigest }
  const hash = image.hash === undefined ? {} : { hash: `${image.hash.algorithm}:${image.hash.value}` }
  return {
    id: digest(canonicalJson(all))
      .replace(/^sha256:/, '')
      .slice(0, 32),
    node: { uuid: node.uuid, name },
    image: { reference: image.reference, name: image.name, ...hash },
    route: 'direct',
    why: 'Nova’s Ironic driver writes whole disks, by the deploy interface that the node has',
    refusedRoutes: [],
    arguments: [],
    removedArguments: [],
    server,
    ...(driveDigest === undefined ? {} : { configDrive: driveDigest }),
    notes: [],
  }
}

type Cannot = (why: string, remedy: string) => Error

function refuseUnfitImage(image: ImageFacts, cannot: Cannot): void {
  if (/^(https?|file):/.test(image.reference)) {
    throw cannot('it takes images from Glance only', 'push the image, or deploy without --via nova')
  }
  const wishes = { route: 'direct', changesArguments: false, wantsConfigDrive: false } as const
  const choice = chooseRoute(image, wishes, ['direct'])
  if (choice.possible) return
  const [refused] = choice.refused
  throw cannot(refused?.why ?? 'it is no whole disk', `${refused?.remedy ?? ''}, without --via nova`)
}

function refuseUnfitNode(node: MetalNode, cannot: Cannot): void {
  const name = node.name ?? node.uuid
  if (node.deployInterface !== undefined && node.deployInterface !== 'direct') {
    throw cannot(
      `it does not choose how a disk is written, and the node has deploy interface "${node.deployInterface}"`,
      `\`openstack baremetal node set ${name} --deploy-interface direct\``,
    )
  }
  if (node.resourceClass === undefined) {
    throw cannot(
      'the node has no resource class, by which its scheduler would find it',
      `set resource_class in the inventory and enroll it again, or \`openstack baremetal node set ${name} --resource-class CLASS\``,
    )
  }
}

/** https://docs.openstack.org/ironic/latest/install/configure-nova-flavors.html */
function refuseUnfitFlavor(node: MetalNode, flavor: Flavor, cannot: Cannot): void {
  const { extraSpecs, name } = flavor
  if (extraSpecs === undefined || node.resourceClass === undefined) return
  const wanted = `resources:${resourceName(node.resourceClass)}`
  const set = `\`openstack flavor set ${name} --property ${wanted}=1 --property resources:VCPU=0 --property resources:MEMORY_MB=0 --property resources:DISK_GB=0\``
  if (extraSpecs[wanted] !== '1') {
    throw cannot(
      `flavor "${name}" does not ask for ${wanted}=1, which the node is`,
      `${set}, or name another`,
    )
  }
  const standard = ['VCPU', 'MEMORY_MB', ...(flavor.diskGb > 0 ? ['DISK_GB'] : [])]
  const asked = standard.filter((one) => extraSpecs[`resources:${one}`] !== '0')
  if (asked.length > 0) {
    throw cannot(
      `flavor "${name}" also asks for ${asked.join(' and ')}, which no bare-metal node offers`,
      set,
    )
  }
}

/** The same key has the same name, whoever registers it. */
function keyPairName(material: string, digest: Digest): string {
  return `anneal-${digest(material.trim())
    .replace(/^sha256:/, '')
    .slice(0, 16)}`
}
