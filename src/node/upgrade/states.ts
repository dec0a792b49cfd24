import type { StateTable } from '../../saga/index.ts'
import type { EffectKind } from './effects.ts'

export type StateName =
  | 'fetching'
  | 'checking'
  | 'rescuing'
  | 'creating'
  | 'switching'
  | 'proving'
  | 'committing'
  | 'abandoning'
  | 'rollingBack'
  | 'provingBack'
  | 'rollingForward'
  | 'committed'
  | 'refused'
  | 'abandoned'
  | 'rolledBack'
  | 'attention'

const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
/** What a start of a service may take: it waits for databases and other machines. */
const READY_MS = 15 * MINUTE_MS
/** systemd runs all generators when it reads its units again. */
const UNIT_MS = 3 * MINUTE_MS
/** An engine that systemd starts again is away for some seconds. */
const ENGINE_AWAY_MS = MINUTE_MS

/**
 * The states of one node's upgrade. docs/states.md is generated from this table. A stable state means that the node rests
 * on exactly one whole release. A resumed state is done again from its first effect: every effect is idempotent, and a
 * reboot may have undone what was done. Nothing that runs is touched before `switching`.
 */
export const STATES = {
  fetching: {
    stable: false,
    meaning: 'pulling every image by digest; nothing on the node is touched',
    target: 'checking',
    onFailure: 'abandoning',
    onCancel: 'abandoning',
    afterCrash: { leaveFor: 'abandoning' },
    retries: 2,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: 60 * MINUTE_MS,
  },
  checking: {
    stable: false,
    meaning:
      'census, kill sets, admissibility of a rollback: the last point where the answer can be no for free',
    target: 'creating',
    onFailure: 'abandoning',
    onCancel: 'abandoning',
    afterCrash: { leaveFor: 'abandoning' },
    retries: 0,
    deadlineMs: 5 * MINUTE_MS,
  },
  rescuing: {
    stable: false,
    meaning: 'moving endangered guests and helpers out of the containers that will stop, then checking again',
    target: 'creating',
    onFailure: 'abandoning',
    onCancel: 'abandoning',
    afterCrash: { leaveFor: 'abandoning' },
    retries: 1,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: 5 * MINUTE_MS,
    deadlinesMs: { rescue: 2 * MINUTE_MS },
  },
  creating: {
    stable: false,
    meaning: 'creating the new containers beside the old ones, unstarted',
    target: 'switching',
    onFailure: 'abandoning',
    onCancel: 'abandoning',
    afterCrash: { leaveFor: 'abandoning' },
    retries: 0,
    deadlineMs: MINUTE_MS,
    deadlinesMs: { prewarm: 2 * MINUTE_MS },
  },
  switching: {
    stable: false,
    meaning: 'stopping the old services and starting the new ones in dependency order: the outage',
    target: 'proving',
    onFailure: 'rollingBack',
    onCancel: 'rollingBack',
    afterCrash: { resumeIn: 'switching' },
    retries: 0,
    deadlineMs: MINUTE_MS,
    deadlinesMs: { awaitReady: READY_MS, disarmUnit: UNIT_MS },
  },
  proving: {
    stable: false,
    meaning:
      'services ready and still up after a while, every guest alive with the same identity and seen by the new libvirt',
    target: 'committing',
    onFailure: 'rollingBack',
    onCancel: 'rollingBack',
    // A reboot may have stopped what the switch had started.
    afterCrash: { resumeIn: 'switching' },
    retries: 0,
    deadlineMs: 2 * MINUTE_MS,
  },
  committing: {
    stable: false,
    meaning: 'the new release becomes the one that a reboot brings up; the old set is kept, stopped',
    target: 'committed',
    onFailure: 'attention',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'committing' },
    retries: 3,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: MINUTE_MS,
    deadlinesMs: { rearmUnit: UNIT_MS },
  },
  abandoning: {
    stable: false,
    meaning: 'removing what was created; the old release never stopped',
    target: 'abandoned',
    onFailure: 'attention',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'abandoning' },
    retries: 3,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: MINUTE_MS,
  },
  rollingBack: {
    stable: false,
    meaning: 'stopping the new services and starting the old ones again: no pull, no create',
    target: 'provingBack',
    onFailure: 'attention',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'rollingBack' },
    retries: 3,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: MINUTE_MS,
    deadlinesMs: { awaitReady: READY_MS, rearmUnit: UNIT_MS },
    // The old release is then held to the guests of the check.
    dispensable: ['countBack'],
  },
  provingBack: {
    stable: false,
    meaning: 'the same proof on the old release',
    target: 'rolledBack',
    onFailure: 'attention',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'rollingBack' },
    retries: 3,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: MINUTE_MS,
    deadlinesMs: { prove: 2 * MINUTE_MS },
  },
  rollingForward: {
    stable: false,
    meaning:
      'a rollback would hide running guests from the old libvirt, so the new release is started again instead',
    target: 'committed',
    onFailure: 'attention',
    onCancel: 'finish',
    afterCrash: { resumeIn: 'rollingForward' },
    retries: 3,
    patienceMs: ENGINE_AWAY_MS,
    deadlineMs: MINUTE_MS,
    deadlinesMs: { awaitReady: READY_MS, prove: 2 * MINUTE_MS, rearmUnit: UNIT_MS },
  },
  committed: { stable: true, meaning: 'the new release runs' },
  refused: { stable: true, meaning: 'a check said no; nothing was touched' },
  abandoned: { stable: true, meaning: 'preparing failed; the old release never stopped' },
  rolledBack: { stable: true, meaning: 'the new release failed; the old one runs again, proven' },
  attention: {
    stable: true,
    meaning: 'the node could not be brought to rest by itself; a person has to look',
  },
} as const satisfies StateTable<StateName, EffectKind>

export type StableState = 'committed' | 'refused' | 'abandoned' | 'rolledBack' | 'attention'
export type WorkingState = Exclude<StateName, StableState>

export function isStable(name: StateName): name is StableState {
  return STATES[name].stable
}
