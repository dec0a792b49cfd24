export { admissibilityFindings, judgeAdmissibility, unaskedFinding } from './admissibility.ts'
export type {
  Admissibility,
  Direction,
  GuestState,
  LibvirtFacts,
  Readability,
  Reading,
} from './admissibility.ts'
export { besideFindings, libvirtsBeside } from './beside.ts'
export { changedUnits, reloadsUnits, unitsThatHold } from './changed-units.ts'
export type { ChangedUnit } from './changed-units.ts'
export type { CheckReport } from './check.ts'
export { diskWork } from './disk-work.ts'
export {
  busyGuests,
  missingContainers,
  movedState,
  removeThemselves,
  unwatchedContainers,
  engineTooOld,
  startsUnableToFork,
} from './findings.ts'
export { bringHooks, hookFindings, hookMounts } from './guest-hook.ts'
export type { HookTried } from './guest-hook.ts'
export { fileFindings, RECORDS, recordFindings, strandedFiles } from './guest-files.ts'
export type { GuestPaths } from './guest-files.ts'
export { filesMountedInside, sharedFiles } from './files-mounted-inside.ts'
export type { FilePlace } from './files-mounted-inside.ts'
export { networkEnds } from './guest-network.ts'
export { poolFindings } from './guest-pools.ts'
export type { StoragePool } from './guest-pools.ts'
export { breachesAtRest } from './invariants.ts'
export type { Breach } from './invariants.ts'
export { UPGRADE, begin, decide, startOf } from './decide.ts'
export type { Decision, Run, RunEvent, RunFinding, WayBack } from './decide.ts'
export type { Reason } from '../../saga/index.ts'
export { effectsOf } from './effects.ts'
export type { Effect, EffectArgs, EffectKind } from './effects.ts'
export { adoptedDigest, isNoop, makePlan, started, stopped } from './plan.ts'
export type {
  DeployedService,
  Deployment,
  Plan,
  PlanOptions,
  PlannedRelease,
  PlannedService,
  ServiceAction,
} from './plan.ts'
export { awaitedOutputs, outputHeld } from './output-held.ts'
export type { OutputHolder } from './output-held.ts'
export { prove } from './prove.ts'
export type { After, Proof, ProofFailure } from './prove.ts'
export { STATES, isStable } from './states.ts'
export type { StableState, StateName, WorkingState } from './states.ts'
export { switchStops } from './switch-stops.ts'
export { SASL_USERS, usersInside } from './users-inside.ts'
