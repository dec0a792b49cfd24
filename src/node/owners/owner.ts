import type { Disarming } from './supervisor.ts'

/** Somebody other than Anneal who acts on a container. */
export type Owner = Readonly<{
  container: string
  kind: 'unit' | 'job' | 'watcher' | 'orchestrator' | 'replacer' | 'compose'
  /** Name of the unit, file of the job, or what the process, orchestrator or program is called. */
  name: string
  /**
   * `acts`: it would start the container again, or take it away, when it stops or at the next boot. `disarmed`: Anneal
   * keeps the unit from acting.
   */
  effect: 'acts' | 'idle' | 'disarmed'
  evidence: string
  /** The unit's file, where there is one. */
  source: string
  /** What of the unit ends the host, or the container, by itself: `FailureAction=reboot`, `RuntimeMaxSec=1d`. */
  ends?: readonly string[]
  /** Whether Anneal can keep it from acting. Absent where the owner is no unit. */
  disarming?: Disarming
}>
