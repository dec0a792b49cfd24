/** What Nova hands out: how large, and by which resources its scheduler finds a place. */
export type Flavor = Readonly<{
  id: string
  name: string
  diskGb: number
  /** Undefined where the service does not show them to this user. */
  extraSpecs?: Readonly<Record<string, string>>
}>

/** A server of Nova; on bare metal it is a node of Ironic for as long as it lives. */
export type Server = Readonly<{
  id: string
  name: string
  /** `BUILD`, `ACTIVE`, `SHUTOFF`, `ERROR`, … */
  status: string
  /** What is done with it at this moment. */
  task?: string
  /** Why it is in ERROR. */
  fault?: string
  metadata: Readonly<Record<string, string>>
  /** ISO 8601. */
  createdAt: string
}>

/** `auto`: what the project has; `none`; or ids of networks. */
export type Networks = 'auto' | 'none' | readonly string[]

/** What a deployment through Nova asks for. No secret is in it. */
export type ServerPlan = Readonly<{
  name: string
  flavor: Readonly<{ id: string; name: string }>
  networks: Networks
  /** Name of the key pair; with `material` where it is to be registered. */
  key?: Readonly<{ name: string; material?: string }>
  configDrive: 'wanted' | 'notWanted'
}>

/** The name under which Placement knows a resource class of Ironic (nova.virt.ironic.driver, _normalize…). */
export function resourceName(resourceClass: string): string {
  return `CUSTOM_${resourceClass.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}`
}
