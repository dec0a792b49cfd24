import type { Finding } from '../../core/index.ts'
import type { GuestWitness } from './guests.ts'

/** Which release runs, its services and guests, and whether the node is at rest. */
export type StatusDocument = Readonly<{
  schema: 'anneal.status/1'
  /** Id of the release that the node is on; absent where none is deployed. */
  release?: string | undefined
  /** Id of the release before it. */
  previous?: string | undefined
  project?: string | undefined
  /** A run that was interrupted: `anneal node recover` brings it to rest. */
  unfinished?: Readonly<{ run: string; state: string }> | undefined
  services: readonly ServiceState[]
  guests: readonly GuestState[]
  helpers: readonly Readonly<{ kind: string; name: string; pid: number }>[]
  /** What is not as a node at rest should be. */
  breaches: readonly Readonly<{ code: string; subject: string; detail: string }>[]
  /** Where libvirt, its files and the processes disagree. */
  findings: readonly Finding[]
}>

export type ServiceState = Readonly<{
  service: string
  /** Name of the container. */
  container: string
  image: string
  /** Of the container: `running`, `exited`, …; `gone` where the engine does not know it. */
  status: string
  health: 'none' | 'starting' | 'healthy' | 'unhealthy'
}>

export type GuestState = Readonly<{
  name: string
  uuid: string
  pid: number
  /** As libvirt says; `unknown` where it does not answer. */
  state: string
  /** Id of the release whose QEMU runs it, where that is known. */
  runsFromRelease?: string | undefined
  witnesses?: readonly GuestWitness[] | undefined
  /** What libvirt is doing with it: `a copy of disk vda`. */
  work: readonly string[]
}>
