import type { StateStretch } from './timeline.ts'

/** The machines that Ironic knows. */
export type MetalStatusDocument = Readonly<{
  schema: 'anneal.metal-status/1'
  /** Version of Ironic's API that is spoken: `1.82`. */
  api: string
  /** Whose view this is: `user "admin" of project "demo" (roles member, reader)`. */
  login: string
  /** Whether this login may be shown fewer machines than there are. */
  limited: boolean
  /** For people. */
  notes: readonly string[]
  nodes: readonly MetalNodeStatus[]
}>

export type MetalNodeStatus = Readonly<{
  name?: string | undefined
  uuid: string
  /** Driver of Ironic: `ipmi`, `redfish`. */
  driver: string
  /** Provision state of Ironic. */
  state: string
  /** The step of a deployment or a cleaning that runs. */
  step?: string | undefined
  /** `power on`, `power off`; absent where it is not known. */
  power?: string | undefined
  maintenance: boolean
  /** Why it is in maintenance. */
  reason?: string | undefined
  lastError?: string | undefined
  /** Id of the deployment of Anneal that is on it. */
  deployment?: string | undefined
  /** Instance of Nova that it belongs to. */
  instance?: string | undefined
  /** Kernel arguments of its boot over the network, as Ironic keeps them. */
  kernelArguments?: unknown
}>

/** Machines that were brought to a state. */
export type NodesDocument = Readonly<{
  schema: 'anneal.nodes/1'
  /** Those that reached it. */
  nodes: readonly BroughtNode[]
  /** Why others did not. */
  failed: readonly Readonly<{ code: string; message: string }>[]
}>

export type BroughtNode = Readonly<{
  name?: string | undefined
  uuid: string
  /** Provision state of Ironic. */
  state: string
  /** Verbs of Ironic that were asked for, in order; empty where it was there already. */
  verbs: readonly string[]
  timeline: readonly StateStretch[]
}>

/** What `anneal metal enroll` has done with the machines of an inventory. */
export type EnrolmentDocument = Readonly<{
  schema: 'anneal.enrolment/1'
  /** Nothing was changed: the document says what would be. */
  dryRun: boolean
  nodes: readonly EnrolledNode[]
}>

export type EnrolledNode =
  | Readonly<{
      name: string
      outcome: 'created' | 'changed' | 'unchanged'
      /** What was changed or added, for people: `driver_info/ipmi_port`. */
      changes: readonly string[]
    }>
  | Readonly<{ name: string; outcome: 'failed'; code: string; message: string }>

/** What Ironic found out of a machine. */
export type InspectionDocument = Readonly<{
  schema: 'anneal.inspection/1'
  /** As it was given. */
  name: string
  uuid: string
  /** `properties` of the node, as Ironic has them: `cpus`, `memory_mb`, `local_gb`, `capabilities`. */
  properties: Readonly<Record<string, unknown>>
  traits: readonly string[]
  /** Network cards that are registered, with the port of a switch that each hangs on, as LLDP said; null where that is not known. */
  ports?: readonly Readonly<{
    address: string
    switch: Readonly<{ switchId?: string; portId?: string; switchInfo?: string }> | null
  }>[]
}>

/** What `metal provide`, `undeploy` or `inspect` would do. */
export type NodesPlanDocument = Readonly<{
  schema: 'anneal.nodes-plan/1'
  nodes: readonly Readonly<{
    /** null for a node without a name. */
    name: string | null
    uuid: string
    state: string
    /** Requests to Ironic or Nova, in order. */
    steps: readonly string[]
  }>[]
  failed: readonly Readonly<{ code: string; message: string }>[]
}>
