import { KEEP } from '../../contract/index.ts'
import { isArtifact } from '../image.ts'
import type { MetalNode } from '../node.ts'
import type { BaseForm, ConductorImage, Form, NetworkForm, Preparation, SourceImage } from './preparation.ts'

/**
 * Where Ironic (instance_info) or Nova (metadata of the server) keeps the id of the deployment: gone by itself when the
 * node is undeployed.
 */
export const MARK = 'anneal_deployment'

/**
 * Where Ironic keeps that the base is on the disk: the time at which the node became active with it. Another time of the
 * node says that the boot over the network was asked for, and done.
 */
export const BASE_WRITTEN = 'anneal_base_written'

export type InstanceInfo = Readonly<Record<string, string | number>>

/** Members of instance_info that a deployment decides; what else is there stays. */
const MANAGED: readonly string[] = [
  'image_source',
  'image_checksum',
  'image_os_hash_algo',
  'image_os_hash_value',
  'image_disk_format',
  'image_type',
  'root_gb',
  'kernel',
  'ramdisk',
  'ramdisk_kernel_arguments',
  'deploy_interface',
  'anneal_verify',
  'anneal_added_arguments',
  'anneal_deleted_arguments',
  KEEP,
  MARK,
  BASE_WRITTEN,
]

/** A preparation in the members of Ironic's instance_info, which Anneal's conductor takes, too. */
export function instanceInfoOf(
  wanted: Preparation,
  machine: InfoOfMachine,
  dialect: Dialect = {},
): InstanceInfo {
  return { ...membersOf(wanted, machine, dialect), [MARK]: wanted.deployment }
}

/** The same without the deployment's id, which is a digest of these. */
export function membersOf(wanted: Form, machine: InfoOfMachine, dialect: Dialect = {}): InstanceInfo {
  switch (wanted.kind) {
    case 'disk':
      return {
        ...sourceInfo(wanted.image),
        // Of an image of Glance Ironic asks these itself.
        ...(isByUrl(wanted.image) ? { image_type: 'whole-disk' } : {}),
      }
    case 'base':
      return baseInfo(wanted, machine)
    case 'network':
      return networkInfo(wanted, dialect)
    case 'composed':
      return {
        image_source: wanted.image.location,
        deploy_interface: wanted.route,
        ...writtenInfo(wanted.image),
        ...lines('anneal_added_arguments', wanted.addedArguments),
        ...lines('anneal_deleted_arguments', wanted.deletedArguments),
        ...lines(KEEP, wanted.keeps),
      }
  }
}

/** Of a live image nothing is written. */
function writtenInfo({ form, verify }: ConductorImage): InstanceInfo {
  if (form === 'live') return {}
  return { image_type: form === 'trio' ? 'partition' : 'whole-disk', anneal_verify: verify }
}

export type Dialect = Readonly<{
  /** Whether this Ironic rebuilds a node that names no image. */
  rebuildsWithoutImage?: boolean
}>

type InfoOfMachine = Pick<MetalNode, 'driverInfo'>

function networkInfo(wanted: NetworkForm, { rebuildsWithoutImage = true }: Dialect): InstanceInfo {
  const { kernel, ramdisk, commandLine, base } = wanted
  return {
    kernel,
    ramdisk,
    deploy_interface: 'ramdisk',
    // Only the machine's own boot gets these. kernel_append_params would reach the deploy ramdisk, too.
    ...(commandLine === '' ? {} : { ramdisk_kernel_arguments: commandLine }),
    ...(base === undefined ? {} : { [BASE_WRITTEN]: base.writtenAt }),
    ...(base === undefined || rebuildsWithoutImage ? {} : baseOnDisk(base.reference)),
  }
}

/**
 * Names the base that is on the disk, for an Ironic that rebuilds no node without image_source. It must not be an image of
 * Glance, for which Ironic forgets kernel and ramdisk; the deploy interface `ramdisk` never fetches it (RFC 2606: nobody has
 * this host), and with the type said Ironic does not look at it either.
 */
function baseOnDisk(reference: string): InstanceInfo {
  return {
    image_source: `http://base-on-disk.invalid/${encodeURIComponent(reference)}`,
    image_type: 'partition',
  }
}

/**
 * What the agent writes into a partition that it makes: the base. It has to be said how large that is; the agent refuses
 * a disk without a partition table, which a physical volume by itself would be (extensions/standby.py,
 * _validate_partitioning).
 */
function baseInfo({ image, sizeGib }: BaseForm, { driverInfo }: InfoOfMachine): InstanceInfo {
  const own = driverInfo['kernel_append_params']
  return {
    ...sourceInfo(image),
    image_type: 'partition',
    root_gb: sizeGib,
    kernel_append_params: `${typeof own === 'string' ? own : '%default%'} ${WITHOUT_BOOT_LOADER}`,
  }
}

/** Members of instance_info are texts: a list has one value a line. */
function lines(name: string, values: readonly string[]): InstanceInfo {
  return values.length === 0 ? {} : { [name]: values.join('\n') }
}

/**
 * With this the agent does not mind that it can install no boot loader into a base. It has to come so far: Ironic removes
 * the agent's boot script in the same step, and would have the machine boot that again (drivers/modules/pxe_base.py,
 * prepare_instance).
 */
const WITHOUT_BOOT_LOADER = 'ipa-ignore-bootloader-failure=1'

/** Whether a deployment decides this member of a node's instance information. */
export function isManaged(name: string, value: unknown): boolean {
  // Somebody else's stays.
  if (name === 'kernel_append_params') return String(value).endsWith(WITHOUT_BOOT_LOADER)
  return MANAGED.includes(name)
}

function sourceInfo(image: SourceImage): InstanceInfo {
  const { reference, hash, diskFormat } = image
  const told = isByUrl(image)
  // By a digest Ironic takes the format for unknown and refuses the data, unless it was raw before: then it looks (deploy_utils,
  // build_instance_info_for_deploy).
  const looks = isArtifact(image) && image.reference.includes('@')
  return {
    image_source: reference,
    deploy_interface: 'direct',
    ...(told && hash !== undefined
      ? { image_os_hash_algo: hash.algorithm, image_os_hash_value: hash.value }
      : {}),
    ...(told && diskFormat !== undefined ? { image_disk_format: diskFormat } : {}),
    ...(looks ? { image_disk_format: 'raw' } : {}),
  }
}

function isByUrl(image: SourceImage): boolean {
  return /^(https?|file):/.test(image.reference)
}
