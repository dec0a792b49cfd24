import type { EndangeredProcess } from './kill-set.ts'

/** One rescue: processes that were moved out of a container's cgroups. */
export type RescueReport = Readonly<{
  /** What made the new place. */
  method: 'machined' | 'systemd' | 'cgroups'
  /** Name of the new scope or cgroup. */
  unit: string
  /** One line for each process and hierarchy. */
  moved: readonly Readonly<{ pid: number; hierarchy: string; from: string; to: string }>[]
  /** Limits that were copied: `memory/memory.limit_in_bytes=…`. */
  limits: readonly string[]
  /** Limits that the new place does not take, in the same form. */
  notKept?: readonly string[]
}>

/** What `anneal node rescue` has done. */
export type RescueDocument = Readonly<{
  schema: 'anneal.rescue/1'
  reports: readonly RescueReport[]
  /** Who would still die. */
  endangered: readonly EndangeredProcess[]
}>
