import type { Container, ServiceUnit } from '../../node/index.ts'
import type { Deployments, HistoryRecord, JournalEntry } from '../../ports/index.ts'
import type { SimulatedGuest, SimulatedImage } from './simulated-guest.ts'

/** A simulated node as JSON. */
export type NodeSnapshot = Readonly<{
  images: Readonly<Record<string, SimulatedImage>>
  /** References that a pull does not get, each with the message of the error. */
  unpullable: readonly (readonly [reference: string, message: string])[]
  containers: readonly Container[]
  /** How many containers were ever created: the next id follows from it. */
  created: number
  /** Absent in snapshots of nodes without any. */
  units?: readonly ServiceUnit[]
  guests: readonly SimulatedGuest[]
  phantoms: readonly string[]
  /** Ids of containers whose libvirt stands by. */
  waiting: readonly string[]
  /** Indexes into `guests`. */
  poweredOff: readonly number[]
  vanished: readonly number[]
  bootId: string
  nextPid: number
  nowMs: number
  state: StateSnapshot
}>

export type StateSnapshot = Readonly<{
  journal: readonly JournalEntry[]
  history: readonly HistoryRecord[]
  deployments: Deployments
  files: Readonly<Record<string, string>>
}>
