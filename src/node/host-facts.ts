/** What the machine is: enough for checks and the doctor. */
export type HostFacts = Readonly<{
  kernel: string
  systemdIsInit: boolean
  machinedRunning: boolean
  machinedActivatable: boolean
  /** Capabilities missing from the bounding set, by name (CAP_SYS_RESOURCE, …). */
  missingCapabilities: readonly string[]
  /** Boot id: changes with every boot. */
  bootId: string
}>
