/** A libvirt image of the simulation: what it knows, and whether it works. */
export type SimulatedImage = Readonly<{
  /** Version of its libvirt; undefined for an image without one. */
  libvirt?: string
  flags?: readonly string[]
  /** `exits`: the main process ends at once. `crashes`: it ends after four seconds. `silent`: it runs and never answers. */
  fault?: 'exits' | 'crashes' | 'silent'
  /** Started while another libvirt runs, it waits until that one is gone. */
  standsBy?: boolean
}>

export type SimulatedGuest = {
  readonly name: string
  readonly uuid: string
  readonly pid: number
  alive: boolean
  /** Container whose cgroup it is in; undefined when it is outside of all. */
  inside: string | undefined
  flags: string[]
  readonly emulator: string
  /** Ended by its tenant: no loss. */
  ended: boolean
  /** libvirt's log of it. */
  log: string
}

/** What a tenant does with a guest. */
export type TenantAct = 'shutsDown' | 'restarts' | 'destroys'
