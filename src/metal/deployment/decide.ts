import * as saga from '../../saga/index.ts'
import type { Decision, EffectOf, Machine, Reason, SagaEvent, SagaRun } from '../../saga/index.ts'
import { DEPLOY_EFFECTS } from './effects.ts'
import type { DeployEffect, DeployEffectArgs, DeployVia } from './effects.ts'
import type { DeployEntry } from './examine.ts'
import { DEPLOY_STATES, isAtRest, targetOf } from './states.ts'
import type { DeployState } from './states.ts'

export type DeployReason = Reason

/** Where a deployment stands. */
export type DeployRun = SagaRun & Readonly<{ via: DeployVia; state: DeployState }>

/** An effect with its arguments, as the runtime gets it. */
export type DeployTask = EffectOf<DeployEffectArgs>

/** The node is free, has this deployment, or is somewhere on the way to it. */
export type DeployFinding = Readonly<{ type: 'nodeExamined'; enter: DeployEntry }>

export type DeployEvent = SagaEvent | DeployFinding

export type DeployDecision = Decision<DeployRun, DeployTask>

const INTERRUPTED: Reason = {
  code: 'DEPLOY_INTERRUPTED',
  message: 'Cannot finish the deployment: it was interrupted',
  remedy: 'run the same command again: it continues',
}

/**
 * The machine of a deployment. Cancelled before Ironic was asked it takes away what was written; after that Ironic goes on
 * without Anneal.
 */
export const DEPLOYMENT: Machine<DeployRun, DeployTask, DeployFinding> = {
  subject: 'deployment',
  states: DEPLOY_STATES,
  effectsOf: ({ via, state }) =>
    isAtRest(state) ? [] : DEPLOY_EFFECTS[via][state].map((kind): DeployTask => ({ kind, args: {} })),
  endsWith: { examine: ['nodeExamined'], examineServer: ['nodeExamined'] },
  learn: (run) => run,
  next: (run, { enter }) => saga.enter(run, enter),
  targetOf: ({ state, via }) => (isAtRest(state) ? undefined : targetOf(state, via)),
  reasons: { interrupted: INTERRUPTED, cancelled: INTERRUPTED },
}

export function beginDeploy(via: DeployVia): DeployRun {
  return { via, state: 'examining', cursor: 0, attempts: 0 }
}

/** The next state and the one effect to do in it. Pure: the same run and event give the same answer every time. */
export function decideDeploy(run: DeployRun, event: DeployEvent): DeployDecision {
  return saga.decide(DEPLOYMENT, run, event)
}

/** The effect under way. */
export function effectOf(run: DeployRun): DeployEffect | undefined {
  return saga.effectOf(DEPLOYMENT, run)?.kind
}
