import { DEPLOY_EFFECTS } from './effects.ts'
import type { DeployEffect, DeployVia } from './effects.ts'
import type { DeployEntry } from './examine.ts'
import { DEPLOY_STATES, isAtRest, targetOf } from './states.ts'
import type { DeployState } from './states.ts'

export type DeployReason = Readonly<{ code: string; message: string; remedy: string }>

/** Where a deployment stands. */
export type DeployRun = Readonly<{
  via: DeployVia
  state: DeployState
  /** Which of the state's effects is next. */
  cursor: number
  reason?: DeployReason
}>

export type DeployEvent = Readonly<
  | { type: 'effectDone' }
  | { type: 'effectFailed'; reason: DeployReason }
  /** The node is free, has this deployment, or is somewhere on the way to it. */
  | { type: 'nodeExamined'; enter: DeployEntry }
  | { type: 'cancelled' }
>

export type DeployDecision = Readonly<
  { legal: true; next: DeployRun; effect: DeployEffect | undefined } | { legal: false; why: string }
>

export function beginDeploy(via: DeployVia): DeployRun {
  return { via, state: 'examining', cursor: 0 }
}

const EXAMINATIONS: ReadonlySet<DeployEffect | undefined> = new Set(['examine', 'examineServer'])

/** The next state and the one effect to do in it. Pure: the same run and event give the same answer every time. */
export function decideDeploy(run: DeployRun, event: DeployEvent): DeployDecision {
  if (isAtRest(run.state)) return { legal: false, why: `the deployment has ended in "${run.state}"` }
  const effect = effectOf(run)
  switch (event.type) {
    case 'nodeExamined':
      if (!EXAMINATIONS.has(effect)) return { legal: false, why: `nothing is examined in "${run.state}"` }
      return legal(enter(run, event.enter))
    case 'effectDone':
      if (EXAMINATIONS.has(effect)) return { legal: false, why: 'an examination ends with what was found' }
      return legal({ ...run, cursor: run.cursor + 1 })
    case 'effectFailed':
      return legal({ ...enter(run, DEPLOY_STATES[run.state].onFailure), reason: run.reason ?? event.reason })
    case 'cancelled':
      return legal(cancelled(run))
  }
}

/** The effect under way. */
export function effectOf(run: DeployRun): DeployEffect | undefined {
  return isAtRest(run.state) ? undefined : DEPLOY_EFFECTS[run.via][run.state][run.cursor]
}

function enter(run: DeployRun, state: DeployState): DeployRun {
  return { ...run, state, cursor: 0 }
}

const INTERRUPTED: DeployReason = {
  code: 'DEPLOY_INTERRUPTED',
  message: 'Cannot finish the deployment: it was interrupted',
  remedy: 'run the same command again: it goes on from where the node is',
}

/** Before Ironic was asked what was written is taken away; after that Ironic goes on without Anneal. */
function cancelled(run: DeployRun): DeployRun {
  const reason = run.reason ?? INTERRUPTED
  switch (run.state) {
    case 'examining':
      return { ...enter(run, 'refused'), reason }
    case 'preparing':
      return { ...enter(run, 'clearing'), reason }
    case 'deploying':
    case 'switching':
    case 'booting':
    case 'proving':
      return { ...enter(run, 'left'), reason }
    case 'clearing':
    case 'ready':
    case 'refused':
    case 'failed':
    case 'silent':
    case 'left':
      return run
  }
}

function legal(run: DeployRun): DeployDecision {
  let next = run
  while (!isAtRest(next.state) && effectOf(next) === undefined) {
    next = enter(next, targetOf(next.state, next.via))
  }
  return { legal: true, next, effect: effectOf(next) }
}
