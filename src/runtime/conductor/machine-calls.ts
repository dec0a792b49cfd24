import type { MachineReport } from '../../conductor/index.ts'
import type { ConductorWorld } from '../../ports/index.ts'

/** How long a ramdisk or agent that said something counts as still there. */
export const PRESENT_MS = 15_000

/** Whether the machine that reports is this one: it has one of its MAC addresses. */
export function isReportOf({ store }: ConductorWorld, machine: string, report: MachineReport): boolean {
  const macs = new Set(report.nics.map(({ mac }) => mac))
  return store.ports().some((one) => one.machine === machine && macs.has(one.address))
}

/**
 * Whether a second report of one task comes from another machine. System UUIDs decide; where one is missing, `isElsewhere` does: it
 * came from another address while the first machine was still there.
 */
export function isAnother(
  before: MachineReport | undefined,
  report: MachineReport,
  isElsewhere: boolean,
): boolean {
  const [first, second] = [before?.systemUuid, report.systemUuid]
  return first === undefined || second === undefined ? isElsewhere : first !== second
}

/** Keeps when a machine was last heard of, for those who look at it. */
export function noteHeard({ store, clock }: ConductorWorld, machine: string): void {
  const record = store.machine(machine)
  if (record === undefined) return
  store.saveMachine({ ...record, heardAt: new Date(clock.now()).toISOString() })
}
