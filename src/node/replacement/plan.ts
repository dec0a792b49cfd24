import type { ProcessId } from '../process.ts'

export type DaemonSetName = Readonly<{ namespace: string; name: string }>

/** One of the templates that a DaemonSet has had (a ControllerRevision). */
export type Revision = Readonly<{
  /** Its `controller-revision-hash`, which its pods have as a label. */
  hash: string
  /** Counts upwards; the present template has the highest. */
  number: number
}>

export type GuestOnNode = ProcessId & Readonly<{ uuid: string; name: string }>

/** What is to be done, and what must still be true after it. Plain JSON: the journal has it. */
export type ReplacementPlan = Readonly<{
  daemonSet: DaemonSetName & Readonly<{ uid: string }>
  node: string
  /** Boot of this machine: after another one nobody of the census is left. */
  bootId: string
  pod: Readonly<{ name: string; uid: string }>
  earlier: Revision
  target: Revision
  guests: readonly GuestOnNode[]
  /** UUIDs of those that libvirt itself listed as active before: it must list them again. */
  listed: readonly string[]
  /** When they were counted, in milliseconds since the epoch; undefined in journals of earlier versions. */
  seenAt?: number
  /** Where the libvirts of then write the logs of guests, on the host. Their pods may be gone when these are read. */
  logDirectories?: readonly string[]
  /** The pod has the compute service: a new one may destroy guests through libvirt. */
  hasCompute?: boolean
  /** How long a new pod may take until it is ready. */
  patienceMs: number
}>
