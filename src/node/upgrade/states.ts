/**
 * The states of one node's upgrade. docs/states.md is generated from this table.
 *
 * A state is either stable (the run has ended and the node rests on exactly one whole release) or has a target.
 * `afterCrash` says what a restart does when the journal ends in this state: `resume` repeats the state
 * from its beginning (every effect is idempotent, and a reboot may have undone what was done), `abandon` undoes what was prepared. Nothing that runs is touched before `switching`.
 */
export type StateSpec = Readonly<
  | { stable: true; meaning: string }
  | {
      stable: false
      meaning: string
      /** Where success leads. */
      target: StateName
      /** Where failure leads. */
      onFailure: StateName
      afterCrash: 'abandon' | 'resume'
      /** The state a restart resumes in, from its first effect; absent means this one. */
      resumeIn?: StateName
      /** How often a failed effect is tried again here before `onFailure`. */
      retries: number
    }
>

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

export const STATES = {
  fetching: {
    stable: false,
    meaning: 'pulling every image by digest; nothing on the node is touched',
    target: 'checking',
    onFailure: 'abandoning',
    afterCrash: 'abandon',
    retries: 2,
  },
  checking: {
    stable: false,
    meaning:
      'census, kill sets, admissibility of a rollback: the last point where the answer can be no for free',
    target: 'creating',
    onFailure: 'abandoning',
    afterCrash: 'abandon',
    retries: 0,
  },
  rescuing: {
    stable: false,
    meaning: 'moving endangered guests and helpers out of the containers that will stop, then checking again',
    target: 'creating',
    onFailure: 'abandoning',
    afterCrash: 'abandon',
    retries: 1,
  },
  creating: {
    stable: false,
    meaning: 'creating the new containers beside the old ones, unstarted',
    target: 'switching',
    onFailure: 'abandoning',
    afterCrash: 'abandon',
    retries: 0,
  },
  switching: {
    stable: false,
    meaning: 'stopping the old services and starting the new ones in dependency order: the outage',
    target: 'proving',
    onFailure: 'rollingBack',
    afterCrash: 'resume',
    retries: 0,
  },
  proving: {
    stable: false,
    meaning: 'services ready, every guest alive with the same identity and seen by the new libvirt',
    target: 'committing',
    onFailure: 'rollingBack',
    afterCrash: 'resume',
    // A reboot may have stopped what the switch had started.
    resumeIn: 'switching',
    retries: 0,
  },
  committing: {
    stable: false,
    meaning: 'the new release becomes the one that a reboot brings up; the old set is kept, stopped',
    target: 'committed',
    onFailure: 'attention',
    afterCrash: 'resume',
    retries: 3,
  },
  abandoning: {
    stable: false,
    meaning: 'removing what was created; the old release never stopped',
    target: 'abandoned',
    onFailure: 'attention',
    afterCrash: 'resume',
    retries: 3,
  },
  rollingBack: {
    stable: false,
    meaning: 'stopping the new services and starting the old ones again: no pull, no create',
    target: 'provingBack',
    onFailure: 'attention',
    afterCrash: 'resume',
    retries: 3,
  },
  provingBack: {
    stable: false,
    meaning: 'the same proof on the old release',
    target: 'rolledBack',
    onFailure: 'attention',
    afterCrash: 'resume',
    resumeIn: 'rollingBack',
    retries: 3,
  },
  rollingForward: {
    stable: false,
    meaning:
      'a rollback would hide running guests from the old libvirt, so the new release is started again instead',
    target: 'committed',
    onFailure: 'attention',
    afterCrash: 'resume',
    retries: 3,
  },
  committed: { stable: true, meaning: 'the new release runs' },
  refused: { stable: true, meaning: 'a check said no; nothing was touched' },
  abandoned: { stable: true, meaning: 'preparing failed; the old release never stopped' },
  rolledBack: { stable: true, meaning: 'the new release failed; the old one runs again, proven' },
  attention: {
    stable: true,
    meaning: 'the node could not be brought to rest by itself; a person has to look',
  },
} as const satisfies Record<StateName, StateSpec>

export type StableState = 'committed' | 'refused' | 'abandoned' | 'rolledBack' | 'attention'
export type WorkingState = Exclude<StateName, StableState>

export function isStable(name: StateName): name is StableState {
  return STATES[name].stable
}
