import type {
  Decision,
  EffectFailed,
  Found,
  Machine,
  Reason,
  SagaEffect,
  SagaEvent,
  SagaRun,
  Step,
} from './machine.ts'
import type { WorkSpec } from './states.ts'

/** A run at its start, with its first effect. */
export function begin<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
): Step<R, E> {
  return settle(machine, run)
}

/** Pure: the next state and the effect to do. The same run and event give the same answer every time. */
export function decide<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
  event: SagaEvent | F,
): Decision<R, E> {
  const spec = specOf(machine, run)
  if (spec === undefined) return illegal(`the ${machine.subject} has ended in "${run.state}"`)
  const effect = effectOf(machine, run)
  const ends: readonly string[] =
    (effect === undefined ? undefined : machine.endsWith[effect.kind as E['kind']]) ?? ONLY_DONE
  const legal = (next: R): Decision<R, E> => ({ legal: true, ...settle(machine, next) })
  if (!isCommon(event)) {
    if (!ends.includes(event.type)) return illegal(`nothing in "${run.state}" ends with ${event.type} now`)
    return legal(machine.next(machine.learn(run, event), event))
  }
  switch (event.type) {
    case 'effectDone':
      return ends.includes('effectDone')
        ? legal(advance(run))
        : illegal(`"${effect?.kind ?? 'nothing'}" ends with its finding, not with effectDone`)
    case 'effectFailed': {
      const isDispensable = effect !== undefined && spec.dispensable?.includes(effect.kind) === true
      return legal(isDispensable && !mayRetry(spec, run, event) ? advance(run) : fail(machine, run, event))
    }
    case 'cancelled': {
      const target = machine.cancelOf?.(run) ?? spec.onCancel
      return legal(target === 'finish' ? run : leaveFor(run, target, machine.reasons.cancelled))
    }
    case 'recovered':
      return legal(
        'leaveFor' in spec.afterCrash
          ? leaveFor(run, spec.afterCrash.leaveFor, machine.reasons.interrupted)
          : enter(run, spec.afterCrash.resumeIn),
      )
  }
}

const ONLY_DONE: readonly string[] = ['effectDone']
const COMMON: ReadonlySet<string> = new Set<SagaEvent['type']>([
  'effectDone',
  'effectFailed',
  'cancelled',
  'recovered',
])

export function isCommon(event: Readonly<{ type: string }>): event is SagaEvent {
  return COMMON.has(event.type)
}

export function isStable<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
): boolean {
  return specOf(machine, run) === undefined
}

/** The effect under way; undefined in a stable state. */
export function effectOf<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
): E | undefined {
  return isStable(machine, run) ? undefined : machine.effectsOf(run)[run.cursor]
}

/** How long an effect may take in the state that the run is in: milliseconds. */
export function deadlineMs<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
  effect: E,
): number {
  const spec = specOf(machine, run)
  if (spec === undefined) return 0
  return (
    (spec.deadlinesMs?.[effect.kind as E['kind']] ?? spec.deadlineMs) + (machine.allowanceMs?.(effect) ?? 0)
  )
}

/** The next effect of the state. */
export function advance<R extends SagaRun>(run: R): R {
  return { ...run, cursor: run.cursor + 1, attempts: 0 }
}

/** Another state, at its first effect. */
export function enter<R extends SagaRun>(run: R, state: R['state']): R {
  return { ...run, state, cursor: 0, attempts: 0 }
}

/** Another state, for a reason. The first reason is kept. */
export function leaveFor<R extends SagaRun>(run: R, state: R['state'], reason: Reason): R {
  const reasons = run.reason === undefined ? { reason } : { secondReason: reason }
  return { ...enter(run, state), ...reasons }
}

/** The same effect again where the state allows that, else the state where failure leads. */
export function fail<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
  failure: Omit<EffectFailed, 'type'>,
): R {
  const spec = specOf(machine, run)
  if (spec === undefined) return run
  if (!mayRetry(spec, run, failure)) {
    return leaveFor(run, machine.failureOf?.(run) ?? spec.onFailure, failure.reason)
  }
  // Waiting for a service is no attempt.
  return failure.awayMs === undefined ? { ...run, attempts: run.attempts + 1 } : run
}

function mayRetry(
  { retries, patienceMs }: Pick<WorkSpec<string>, 'retries' | 'patienceMs'>,
  { attempts }: SagaRun,
  { retry, awayMs }: Omit<EffectFailed, 'type'>,
): boolean {
  return (
    retry && (awayMs === undefined ? attempts < retries : patienceMs !== undefined && awayMs <= patienceMs)
  )
}

/** Passes over states that have nothing to do, and names the effect under way. */
function settle<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
): Step<R, E> {
  const spec = specOf(machine, run)
  if (spec === undefined) return { next: run, effects: [] }
  const effect = effectOf(machine, run)
  if (effect !== undefined) return { next: run, effects: [effect] }
  return settle(machine, enter(run, machine.targetOf?.(run) ?? spec.target))
}

/** undefined for a stable state. */
function specOf<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  run: R,
): WorkSpec<R['state'], E['kind']> | undefined {
  const spec = machine.states[run.state as R['state']]
  return spec.stable ? undefined : spec
}

function illegal(why: string): Readonly<{ legal: false; why: string }> {
  return { legal: false, why }
}
