import { STATES, effectsOf } from '../../src/node/index.ts'
import type { Effect, WorkingState } from '../../src/node/index.ts'
import { restingStates, stateDiagram, workingStates } from '../../src/saga/index.ts'
import { code, page, table } from './markdown.ts'
import { findTransitions, samplePlan } from './transitions.ts'

/** docs/states.md: the table of states, and the ways between them as `decide` goes them. */
export function statesPage(): string {
  const working = workingStates(STATES, [{ head: 'Effects', cell: effectsCell }])
  const resting = restingStates(STATES)
  return page([
    '# The states of one node’s upgrade',
    '<!-- Written by `npm run docs` from src/node/upgrade. Edit that. -->',
    'A run is always in one of these states. Its state is never stored: it is what `decide` makes of the journal ([ADR 0003](adr/0003-journal-replay.md)). Nothing that runs is touched before `switching`.',
    '## Working states',
    'The effects are those of a plan that replaces one service, in their order; a plan with more services does each for every service before the next. An effect that fails and may succeed later is tried again, as often as the state allows; before that the run waits for an engine that is away. The deadline is of one effect; a stop may also take the grace of its service. A resumed state starts again from its first effect: every effect is idempotent.',
    table(working.head, working.rows),
    '`checking` goes to `refused` where the check says no and to `rescuing` where it may move guests first; where the plan says `rollForward`, a failed switch goes to `rollingForward` instead of `rollingBack`, and a cancelled one goes on.',
    '## States at rest',
    table(resting.head, resting.rows),
    '## The ways between them',
    'Found by giving every event to every state, with and without rescue, rolling back and rolling forward.',
    stateDiagram(STATES, findTransitions()),
  ])
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
