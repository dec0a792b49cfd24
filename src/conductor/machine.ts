import type { BootOrder } from './bmc-address.ts'
import type { SwitchPort } from './lldp.ts'

/**
 * A machine as the conductor keeps it. Names of states and members are Ironic's, so that its clients can read them
 * (https://docs.openstack.org/api-ref/baremetal/#nodes-nodes). No credential is ever in it.
 */
export type MachineRecord = Readonly<{
  uuid: string
  name?: string
  driver: DriverName
  /** Without credentials: where one was given, the value is `CREDENTIAL`, and a file of its own holds it. */
  driverInfo: Members
  properties: Members
  instanceInfo: Members
  extra: Members
  traits: readonly string[]
  resourceClass?: string
  instanceUuid?: string
  /** What people call what is deployed on it. */
  instanceName?: string
  owner?: string
  lessee?: string
  description?: string
  deployInterface: DeployMethod
  provisionState: ProvisionState
  targetProvisionState?: ProvisionState
  provisionUpdatedAt?: string
  powerState?: 'power on' | 'power off'
  /** What its BMC chooses anew before each start, as it can choose for one start alone. */
  bootsOnce?: BootOrder['from']
  targetPowerState?: 'power on' | 'power off' | 'rebooting'
  lastError?: string
  maintenance: boolean
  maintenanceReason?: string
  /** What brought it into maintenance by itself; it leaves by itself, too. */
  fault?: 'power failure'
  /** A machine in use that is neither given back nor written anew. */
  protected: boolean
  protectedReason?: string
  /** `deploy.write_image`: what is done on the machine at this moment. */
  step?: string
  /** When the deploy ramdisk was last heard of, RFC 3339. */
  heardAt?: string
  /** Whether a config drive waits in a file of its own. */
  hasConfigDrive: boolean
  /** Whether its disks are wiped before somebody else gets it. Where it is missing, the conductor's own setting counts. */
  automatedClean?: boolean
  /** Whether its serial console may be listened to. */
  consoleEnabled?: boolean
  /** How its disks were wiped the last time. */
  wiped?: WipeRecord
  /** What the deploy ramdisk said last. */
  report?: MachineReport
  /** Which task is to end, and what asked for that. Kept until it has ended, and what was asked for has begun. */
  calledOff?: Readonly<{ task: string; verb: 'deleted' | 'abort' }>
  createdAt: string
  updatedAt: string
}>

/** What people call it. */
export function nameOf({ name, uuid }: Pick<MachineRecord, 'name' | 'uuid'>): string {
  return name ?? uuid
}

export type Members = Readonly<Record<string, unknown>>

/** A network interface of a machine, by which it is known when it boots. */
export type PortRecord = Readonly<{
  uuid: string
  machine: string
  /** Lower case, with colons. */
  address: string
  pxeEnabled: boolean
  extra: Members
  /** No other port has it. */
  name?: string
  description?: string
  vendor?: string
  category?: string
  /** The port of a switch that it hangs on, as LLDP said last. */
  connectedTo?: SwitchPort
  createdAt: string
}>

/** What stands in place of a credential wherever one is shown. Ironic shows the same. */
export const CREDENTIAL = '******'

export type DriverName = 'ipmi' | 'redfish' | 'manual-management'

/** How the disk gets its content: pieces that the ramdisk fetches; iSCSI; by Ironic’s own agent; or not at all. */
export type DeployMethod = 'stream' | 'iscsi' | 'direct' | 'ramdisk'

export const DEPLOY_METHODS: readonly DeployMethod[] = ['stream', 'iscsi', 'direct', 'ramdisk']

export type ProvisionState =
  | 'enroll'
  | 'verifying'
  | 'manageable'
  | 'inspecting'
  | 'inspect wait'
  | 'inspect failed'
  | 'cleaning'
  | 'clean wait'
  | 'clean failed'
  | 'available'
  | 'deploying'
  | 'wait call-back'
  | 'deploy failed'
  | 'active'
  | 'deleting'
  | 'error'

/** What a machine is made of, as its deploy ramdisk says. */
export type MachineReport = Readonly<{
  firmware: 'bios' | 'uefi'
  architecture: string
  memoryMib: number
  cpus: number
  systemUuid?: string
  nics: readonly NicFacts[]
  disks: readonly DiskFacts[]
  /** What was found on the disks; absent where nobody looked. */
  contents?: readonly DiskContent[]
}>

export type NicFacts = Readonly<{
  mac: string
  name: string
  carrier: boolean
  speedMbit?: number
  /** What the switch at the other end of its cable says of itself by LLDP; absent where nothing was heard. */
  lldp?: SwitchPort
}>

/** `way` is what the ramdisk did (docs/deploy-protocol.md), or `kept`: nothing. `metadata`: the content is still there. */
export type WipeRecord = Readonly<{
  /** RFC 3339. */
  at: string
  disks: readonly Readonly<{ name: string; serial?: string; way: string; why?: string }>[]
}>

/** A signature on a disk or on a partition of it. */
export type DiskContent = Readonly<{
  disk: string
  /** The disk itself, or its partition: `vda1`. */
  on: string
  /** As blkid names it: `ext4`, `LVM2_member`, `crypto_LUKS`. */
  type?: string
  label?: string
  uuid?: string
  partitionLabel?: string
  partitionUuid?: string
  volumeGroup?: string
  /** It cannot be read, or looks like several things. */
  isUnclear: boolean
}>

export type DiskFacts = Readonly<{
  /** `vda`, `nvme0n1`. */
  name: string
  sizeBytes: number
  sectorSizeBytes: number
  rotational: boolean
  serial?: string
  wwn?: string
  model?: string
  vendor?: string
  byPath?: string
  hctl?: string
  /** Ways to erase it that it offers: `nvme-format`, `ata-security-erase`, `discard`, …; absent where nobody asked. */
  eraseWays?: readonly string[]
}>
