import type { Finding } from '../../core/index.ts'
import type { NodeCensus } from './guests.ts'
import type { ContainerKillSet, EndangeredProcess } from './kill-set.ts'

/** Why a run did not go its way, or why something could not be done. */
export type FailureReason = Readonly<{
  /** docs/errors.md lists all codes. */
  code: string
  message: string
  remedy: string
}>

/** What libvirt says of a domain. */
export type LibvirtDomain = Readonly<{
  uuid: string
  name: string
  state: string
  /** Numeric id; -1 where it is inactive. */
  id?: number
  /** Why it is paused or shut off. */
  reason?: string | undefined
}>

/** Whether one libvirt reads the guests of another. */
export type ReadDirection = Readonly<{
  /**
   * `reads`: as they are. `translates`: after Anneal has taken out of the status files what it does not know. `hides`: it
   * would show live guests as shut off.
   */
  readability: 'reads' | 'translates' | 'hides'
  /** Capability flags that it was asked about. */
  askedFlags: readonly string[]
  /** Those that it does not know. */
  unknownFlags: readonly string[]
  /** Elements that must leave the guests' status files, too. */
  elements: readonly string[]
  /** UUIDs or names of guests that it refuses even so. */
  refusedGuests: readonly string[]
  /** Guests that live, but that the QEMU of that release could not start again. */
  unstartable: readonly Readonly<{ guest: string; machineType: string }>[]
}>

/** Whether the guests stay in sight after the switch, and after a rollback. */
export type SwitchAdmissibility = Readonly<{
  old: LibvirtVersions
  next: LibvirtVersions
  /** The new libvirt reads what the old one wrote. */
  forward: ReadDirection
  /** The old libvirt reads what the new one will have written. */
  back: ReadDirection
  /** After the switch there is no way back that keeps the guests in sight. */
  pointOfNoReturn: boolean
}>

export type LibvirtVersions = Readonly<{ libvirtVersion: string; qemuVersion: string }>

/** What is true of the node before the switch, and whether the run may go on. */
export type NodeCheck = Readonly<{
  /** The boot that the census belongs to. */
  bootId: string
  /** Milliseconds since 1970. Absent in journals of earlier versions. */
  takenAt?: number
  census: NodeCensus
  /** One for each container that will stop. */
  killSets: readonly ContainerKillSet[]
  endangered: readonly EndangeredProcess[]
  findings: readonly Finding[]
  /** Absent where no libvirt is replaced. */
  admissibility?: SwitchAdmissibility | undefined
  /** Absent where libvirt did not answer. */
  domains?: readonly LibvirtDomain[] | undefined
  /** Console logs that grew while the check looked: path → bytes. */
  growingConsoles: Readonly<Record<string, number>>
  /** `rescue`: it may go on if endangered guests are moved first. */
  verdict: 'clear' | 'rescue' | 'refuse'
  /** Why the verdict is not `clear`. */
  reason?: FailureReason
}>
