/**
 * The machines of a site as a file says them (docs/metal.md has an example). A credential is never in it: it says which
 * variable or file holds it.
 */
export type Inventory = Readonly<{ nodes: readonly InventoryNode[] }>

/** `manual-management` is a machine without a BMC: Anneal’s own conductor wakes it, and a person does the rest. */
export type DriverKind = 'ipmi' | 'redfish' | 'manual-management' | 'fake'

export type InventoryNode = Readonly<{
  name: string
  driver: DriverKind
  bmc?: Bmc
  /** MAC addresses, in lower case. */
  ports: readonly string[]
  resourceClass?: string
  properties: Readonly<Record<string, string | number>>
  traits: readonly string[]
  /** `boot: ipxe` is Ironic's boot_interface. */
  interfaces: Readonly<Record<string, string>>
  /** The ramdisk that writes images: URLs, or ids of Glance. */
  agent?: Readonly<{ kernel: string; ramdisk: string }>
  /** Where the deployed machine answers, for `--ready ssh`. */
  address?: string
}>

export type Bmc = Readonly<{
  address: string
  port?: number
  username?: CredentialSource
  password?: CredentialSource
  /** More of the driver's own driver_info: `ipmi_cipher_suite: 3`, `redfish_system_id: /redfish/v1/Systems/1`. */
  options: Readonly<Record<string, string | number | boolean>>
}>

export type CredentialSource = Readonly<
  { kind: 'env'; name: string } | { kind: 'file'; path: string } | { kind: 'plain'; value: string }
>

/** What Ironic is told of a node, but for its credentials. */
export function driverInfo(node: InventoryNode): Readonly<Record<string, unknown>> {
  const { bmc, agent } = node
  return {
    ...(agent === undefined ? {} : { deploy_kernel: agent.kernel, deploy_ramdisk: agent.ramdisk }),
    ...(bmc === undefined ? {} : bmcAddress(node.driver, bmc)),
    ...bmc?.options,
  }
}

function bmcAddress(driver: DriverKind, bmc: Bmc): Readonly<Record<string, unknown>> {
  switch (driver) {
    case 'ipmi':
      return { ipmi_address: bmc.address, ...(bmc.port === undefined ? {} : { ipmi_port: String(bmc.port) }) }
    case 'redfish':
      return { redfish_address: bmc.address }
    case 'manual-management':
      return { wol_host: bmc.address }
    case 'fake':
      return {}
  }
}

/** Names of driver_info under which a driver wants its credentials. */
export function credentialNames(
  driver: DriverKind,
): Readonly<{ username: string; password: string }> | undefined {
  return driver === 'fake' || driver === 'manual-management'
    ? undefined
    : { username: `${driver}_username`, password: `${driver}_password` }
}

/** The hardware type of Ironic. */
export function hardwareType(driver: DriverKind): string {
  return driver === 'fake' ? 'fake-hardware' : driver
}
