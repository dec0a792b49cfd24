import { STATES, effectsOf } from '../../src/node/index.ts'
import type { Effect, StateName, StateSpec, WorkingState } from '../../src/node/index.ts'
import { stateDiagram } from './diagram.ts'
import { code, page, table } from './markdown.ts'
import { findTransitions, samplePlan } from './transitions.ts'

/** docs/states.md: the table of states, and the ways between them as `decide` goes them. */
export function statesPage(): string {
  const states = Object.entries(STATES) as [StateName, StateSpec][]
  return page([
    '# The states of one node’s upgrade',
    '<!-- Written by `npm run docs` from src/node/upgrade. Edit that. -->',
    'A run is always in one of these states. Its state is never stored: it is what `decide` makes of the journal ([ADR 0003](adr/0003-journal-replay.md)). Nothing that runs is touched before `switching`.',
    '## Working states',
    'The effects are those of a plan that replaces one service, in their order; a plan with more services does each for every service before the next. An effect that fails and may be tried again is, as often as the state allows. “Resume” repeats the state from its first effect: every effect is idempotent.',
    table(
      ['State', 'Meaning', 'Target', 'On failure', 'After a crash', 'Retries', 'Effects'],
      states.flatMap(([name, spec]) => (spec.stable ? [] : [workingRow(name as WorkingState, spec)])),
    ),
    '`checking` goes to `refused` where the check says no and to `rescuing` where it may move guests first; where the plan says `rollForward`, a failed switch goes to `rollingForward` instead of `rollingBack`.',
    '## States at rest',
    table(
      ['State', 'Meaning'],
      states.flatMap(([name, spec]) => (spec.stable ? [[code(name), spec.meaning]] : [])),
    ),
    '## The ways between them',
    'Found by giving every event to every state, with and without rescue, rolling back and rolling forward.',
    stateDiagram(
      states.map(([name]) => name),
      findTransitions(),
      (name) => STATES[name].stable,
    ),
  ])
}

function workingRow(name: WorkingState, spec: Extract<StateSpec, { stable: false }>): readonly string[] {
  return [
    code(name),
    spec.meaning,
    code(spec.target),
    code(spec.onFailure),
    spec.afterCrash === 'abandon'
      ? 'abandon'
      : `resume${spec.resumeIn === undefined ? '' : ` in ${code(spec.resumeIn)}`}`,
    String(spec.retries),
    effectsOf(name, samplePlan(true, 'rollBack'))
      .map((effect) => effectName(effect))
      .join(', '),
  ]
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
