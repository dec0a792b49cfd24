/** A bare-metal node as the deployer knows it. Credentials are never in it: the service shows them as asterisks. */
export type MetalNode = Readonly<{
  uuid: string
  name?: string
  driver: string
  provisionState: string
  targetProvisionState?: string
  /** When the provision state last changed, RFC 3339. */
  provisionUpdatedAt?: string
  powerState?: string
  targetPowerState?: string
  maintenance: boolean
  maintenanceReason?: string
  /** What took the node into maintenance by itself: `power failure`, `clean failure`, … */
  fault?: string
  lastError?: string
  /** Which conductor works on the node at this moment. */
  reservation?: string
  /** The step of a deployment or a cleaning that runs, `deploy.write_image`. */
  step?: string
  /** When the deploy ramdisk on the machine was last heard of, RFC 3339; only who may see it is told. */
  lastHeartbeat?: string
  deployInterface?: string
  bootInterface?: string
  networkInterface?: string
  consoleInterface?: string
  consoleEnabled: boolean
  resourceClass?: string
  instanceUuid?: string
  /** The node that this one is part of: of a smart network card the machine that holds it. */
  parentUuid?: string
  /** Ironic may not switch it off (`disable_power_off`). */
  staysOn: boolean
  driverInfo: Readonly<Record<string, unknown>>
  properties: Readonly<Record<string, unknown>>
  instanceInfo: Readonly<Record<string, unknown>>
  extra: Readonly<Record<string, unknown>>
  traits: readonly string[]
}>

/** What the deployer says of one of a node's interfaces before anything is done. */
export type Validation = Readonly<{ interface: string; ok: boolean; reason?: string }>

/** One step of a JSON patch (RFC 6902) on a node. */
export type NodeChange = Readonly<
  { op: 'add' | 'replace'; path: string; value: unknown } | { op: 'remove'; path: string }
>

/** Where Ironic keeps the address at which a deployed machine answers. */
export const MARK_ADDRESS = 'anneal_address'
