import { begin, decide, isStable } from './decide.ts'
import type { Found, Machine, SagaEffect, SagaEvent, SagaRun } from './machine.ts'

/** A way from one state to another, and what leads there. */
export type Way<State extends string> = Readonly<{ from: State; to: State; because: string }>

/** An event with all that makes a difference in it, and how it reads on a diagram. */
export type Possible<F extends Found> = Readonly<{ event: SagaEvent | F; because: string }>

/**
 * Every way that `decide` goes, found by giving every event to every run that can be reached from `starts`. `keyOf` tells
 * runs apart beyond state, cursor and attempts.
 */
export function findWays<R extends SagaRun, E extends SagaEffect, F extends Found>(
  machine: Machine<R, E, F>,
  starts: readonly R[],
  possible: readonly Possible<F>[],
  keyOf: (run: R) => string = () => '',
): readonly Way<R['state']>[] {
  const found = new Map<string, Way<R['state']>>()
  const waiting = starts.map((run) => begin(machine, run).next)
  const seen = new Set<string>()
  for (let run = waiting.shift(); run !== undefined; run = waiting.shift()) {
    const key = [run.state, run.cursor, run.attempts, keyOf(run)].join(' ')
    if (seen.has(key) || isStable(machine, run)) continue
    seen.add(key)
    for (const { event, because } of possible) {
      const decision = decide(machine, run, event)
      if (!decision.legal) continue
      const { state: from } = run
      const { state: to } = decision.next
      if (to !== from) found.set(`${from} ${to} ${because}`, { from, to, because })
      waiting.push(decision.next)
    }
  }
  return [...found.values()]
}
