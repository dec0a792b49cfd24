import { MARK_ADDRESS } from '../node.ts'
import type { MetalNode, NodeChange } from '../node.ts'
import { driverInfo } from './inventory.ts'
import type { InventoryNode } from './inventory.ts'

/**
 * What has to change on an enrolled node for it to be as the inventory says. Only what the inventory names is looked
 * at: what somebody else set stays. Credentials cannot be compared (Ironic shows asterisks) and are not among these.
 */
export function differences(found: MetalNode, wanted: InventoryNode): readonly NodeChange[] {
  const info = members('/driver_info', found.driverInfo, driverInfo(wanted))
  const properties = members('/properties', found.properties, wanted.properties)
  const extra =
    wanted.address === undefined ? [] : members('/extra', found.extra, { [MARK_ADDRESS]: wanted.address })
  const own = members('', ownMembers(found), {
    ...(wanted.resourceClass === undefined ? {} : { resource_class: wanted.resourceClass }),
    ...interfaceMembers(wanted),
  })
  return [...own, ...info, ...properties, ...extra]
}

/** `boot: ipxe` → `boot_interface: ipxe`. */
export function interfaceMembers(node: InventoryNode): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(node.interfaces).map(([key, value]) => [`${key}_interface`, value]),
  )
}

function ownMembers(node: MetalNode): Readonly<Record<string, unknown>> {
  return {
    resource_class: node.resourceClass,
    boot_interface: node.bootInterface,
    deploy_interface: node.deployInterface,
    network_interface: node.networkInterface,
    console_interface: node.consoleInterface,
  }
}

function members(
  at: string,
  found: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>>,
): readonly NodeChange[] {
  return Object.entries(wanted)
    .filter(([key, value]) => plain(found[key]) !== plain(value))
    .map(([key, value]) => ({ op: 'add', path: `${at}/${key}`, value }))
}

/** Ironic keeps numbers of properties as text in some versions: 3 and "3" are the same. */
function plain(value: unknown): string {
  return typeof value === 'number' || typeof value === 'boolean'
    ? JSON.stringify(String(value))
    : JSON.stringify(value ?? '')
}
