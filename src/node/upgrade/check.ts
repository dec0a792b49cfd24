import type { Census } from '../guests/index.ts'
import type { Finding } from '../finding.ts'
import type { Endangered, KillSet } from '../kill-set/index.ts'
import type { Admissibility } from './admissibility.ts'
import type { Reason } from '../../saga/index.ts'

/** What is true of the node right before the switch, and whether it may go on. */
export type CheckReport = Readonly<{
  /** The boot this census belongs to: after another boot its guests are gone for a reason that is not the upgrade. */
  bootId: string
  /** Milliseconds since the epoch: every guest of the census ran then. Absent in journals of earlier versions. */
  takenAt?: number
  census: Census
  /** One for each container that will stop. */
  killSets: readonly KillSet[]
  endangered: readonly Endangered[]
  findings: readonly Finding[]
  /** undefined where no libvirt is replaced. */
  admissibility: Admissibility | undefined
  /** What libvirt said of its domains before the switch, by UUID; undefined where it did not answer. */
  domains: readonly Readonly<{ uuid: string; name: string; state: string }>[] | undefined
  /** Console logs that grew while the check looked: path → bytes. They must grow afterwards, too. */
  growingConsoles: Readonly<Record<string, number>>
  verdict: 'clear' | 'rescue' | 'refuse'
  /** Why not `clear`. */
  reason?: Reason
}>
