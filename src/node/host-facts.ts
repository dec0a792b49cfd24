/** What the machine is: enough for checks and the doctor. */
export type HostFacts = Readonly<{
  kernel: string
  systemdIsInit: boolean
  machinedRunning: boolean
  machinedActivatable: boolean
  /** Capabilities missing from the bounding set, by name (CAP_SYS_RESOURCE, …). */
  missingCapabilities: readonly string[]
  /** Changes with every boot of the node, also of one that is a container. Only to be compared. */
  bootId: string
}>
