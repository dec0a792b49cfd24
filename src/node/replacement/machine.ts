import type { Machine, Reason, SagaRun } from '../../saga/index.ts'
import type { ReplacementEffect } from './effects.ts'
import type { ReplacementPlan } from './plan.ts'
import { REPLACEMENT_STATES } from './states.ts'
import type { ReplacementState } from './states.ts'

export type ReplacementRun = SagaRun & Readonly<{ state: ReplacementState; plan: ReplacementPlan }>

const INTERRUPTED: Reason = {
  code: 'POD_REPLACEMENT_INTERRUPTED',
  message: 'Cannot replace the pod: Anneal was interrupted before it did anything',
  remedy: 'run the command again',
}

const CANCELLED: Reason = {
  code: 'POD_REPLACEMENT_CANCELLED',
  message: 'Cannot replace the pod: it was cancelled',
  remedy: 'run the command again',
}

export function startReplacement(plan: ReplacementPlan): ReplacementRun {
  return { state: 'checking', cursor: 0, attempts: 0, plan }
}

/** No effect ends with a finding: what is found wrong is a failure. */
export const REPLACEMENT: Machine<ReplacementRun, ReplacementEffect, never> = {
  subject: 'replacement',
  states: REPLACEMENT_STATES,
  effectsOf({ state, plan: { earlier, target } }) {
    switch (state) {
      case 'checking':
        return [{ kind: 'checkGuests', args: {} }]
      case 'removing':
        return [{ kind: 'deletePod', args: { unless: target.hash } }]
      case 'awaiting':
        return [{ kind: 'awaitPod', args: { revision: target.hash } }]
      case 'proving':
      case 'provingEarlier':
        return [{ kind: 'proveGuests', args: {} }]
      case 'restoring':
        return [{ kind: 'restoreTemplate', args: { revision: earlier.hash } }]
      case 'removingNew':
        return [{ kind: 'deletePod', args: { unless: earlier.hash } }]
      case 'awaitingEarlier':
        return [{ kind: 'awaitPod', args: { revision: earlier.hash } }]
      case 'replaced':
      case 'unchanged':
      case 'wentBack':
      case 'stuck':
        return []
    }
  },
  endsWith: {},
  learn: (run) => run,
  next: (run) => run,
  reasons: { interrupted: INTERRUPTED, cancelled: CANCELLED },
}
