import { MARK } from '../../metal/index.ts'
import type { MetalNode } from '../../metal/index.ts'
import type { MetalWorld, Viewer } from '../../ports/index.ts'
import { readNode } from '../../runtime/metal/index.ts'

export type MachineStatus = Readonly<{
  name: string | undefined
  uuid: string
  driver: string
  state: string
  step: string | undefined
  power: string | undefined
  maintenance: boolean
  /** Of the maintenance. */
  reason: string | undefined
  lastError: string | undefined
  /** Id of Anneal's deployment on it. */
  deployment: string | undefined
  instance: string | undefined
  kernelArguments: unknown
}>

export type MetalStatus = Readonly<{
  /** Version of Ironic's API. */
  api: string
  /** Whose view this is, and whether that login may be shown fewer machines than there are. */
  viewer: Viewer
  nodes: readonly MachineStatus[]
  /** Names of machines that Ironic has as their own parent: lists of other clients leave these out. */
  ownParents: readonly string[]
}>

/** The machines that Ironic knows, or the named ones, and what is deployed on them. Throws METAL_NODE_UNKNOWN. */
export async function metalStatus(world: MetalWorld, names: readonly string[]): Promise<MetalStatus> {
  const nodes =
    names.length === 0
      ? await world.provisioner.machines()
      : await Promise.all(names.map((name) => readNode(world, name, 'show the status')))
  const viewer = await world.provisioner.viewer()
  return {
    api: (await world.provisioner.facts()).api,
    viewer,
    nodes: nodes.map(statusOf),
    ownParents: nodes.filter((one) => one.parentUuid === one.uuid).map((one) => one.name ?? one.uuid),
  }
}

function statusOf(node: MetalNode): MachineStatus {
  const mark = node.instanceInfo[MARK]
  return {
    name: node.name,
    uuid: node.uuid,
    driver: node.driver,
    state: node.provisionState,
    step: node.step,
    power: node.powerState,
    maintenance: node.maintenance,
    reason: node.maintenanceReason ?? node.fault,
    lastError: node.lastError,
    deployment: typeof mark === 'string' ? mark : undefined,
    instance: node.instanceUuid,
    kernelArguments: node.instanceInfo['ramdisk_kernel_arguments'],
  }
}
