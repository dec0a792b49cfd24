import { STATES, effectsOf } from '../../src/node/index.ts'
import type { Effect, WorkingState } from '../../src/node/index.ts'
import { code } from './markdown.ts'
import { sagaPage } from './saga-page.ts'
import { findTransitions, samplePlan } from './transitions.ts'

/** docs/states.md: the table of states, and the ways between them as `decide` goes them. */
export function statesPage(): string {
  return sagaPage({
    title: 'The states of one node’s upgrade',
    source: 'src/node/upgrade',
    about:
      'A run is always in one of these states. Its state is never stored: it is what `decide` makes of the journal ([ADR 0003](adr/0003-journal-replay.md)). Nothing that runs is touched before `switching`.',
    states: STATES,
    columns: [{ head: 'Effects', cell: effectsCell }],
    working:
      'The effects are those of a plan that replaces one service, in their order; a plan with more services does each for every service before the next. An effect that fails and may succeed later is tried again, as often as the state allows; before that the run waits for an engine that is away. The deadline is of one effect; a stop may also take the grace of its service. A resumed state starts again from its first effect: every effect is idempotent.',
    afterWorking:
      '`checking` goes to `refused` where the check says no and to `rescuing` where it may move guests first; where the plan says `rollForward`, a failed switch goes to `rollingForward` instead of `rollingBack`, and a cancelled one goes on.',
    found:
      'Found by giving every event to every state, with and without rescue, rolling back and rolling forward.',
    ways: findTransitions(),
  })
}

function effectsCell(name: string): string {
  return effectsOf(name as WorkingState, samplePlan(true, 'rollBack'))
    .map((effect) => effectName(effect))
    .join(', ')
}

/** Arguments that do not come from the plan's services, and how they read. */
const TOLD: Readonly<Record<string, (value: unknown) => string>> = {
  of: (value) => ` of the ${String(value)}`,
  to: (value) => ` to the ${String(value)}`,
  guard: (value) => ` (guard: ${String(value)})`,
  afterRescue: (value) => (value === true ? ' again' : ''),
}

function effectName(effect: Effect): string {
  const told = Object.entries(effect.args).map(([name, value]) => TOLD[name]?.(value) ?? '')
  return code(effect.kind) + told.join('')
}
