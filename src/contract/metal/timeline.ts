/** One state of a machine, and how long it was seen in it. */
export type StateStretch = Readonly<{
  /** Provision state of Ironic. */
  state: string
  /** The step of a deployment or a cleaning that ran. */
  step?: string
  /** Power state of Ironic: `power on`, `power off`. */
  power?: string
  /** RFC 3339. */
  at: string
  seconds: number
}>

/** What machines passed through while they were watched. */
export type WatchDocument = Readonly<{
  schema: 'anneal.watch/1'
  nodes: readonly Readonly<{ name: string; timeline: readonly StateStretch[] }>[]
}>
