export type { AfterCrash, RestSpec, StateSpec, StateTable, WorkSpec } from './states.ts'
export type {
  Decision,
  EffectFailed,
  EffectOf,
  Found,
  Machine,
  Reason,
  SagaEffect,
  SagaEvent,
  SagaRun,
  Step,
} from './machine.ts'
export { advance, begin, deadlineMs, decide, effectOf, enter, fail, isStable, leaveFor } from './decide.ts'
export { replay } from './replay.ts'
export type { BrokenJournal, Replay, Replayed, SagaEntry } from './replay.ts'
export { findWays } from './find-ways.ts'
export type { Possible, Way } from './find-ways.ts'
export { restingStates, stateDiagram, workingStates } from './states-page.ts'
export { CrashPoints, CrashSignal } from './crash-points.ts'
export { boundariesOf, crashAtEveryBoundary, crashBySchedule, dying } from './crash-harness.ts'
export type { CrashBed } from './crash-harness.ts'
