import { restingStates, stateDiagram, workingStates } from '../../src/saga/index.ts'
import type { Possible, StateTable, Way } from '../../src/saga/index.ts'
import { page, table } from './markdown.ts'

export type SagaPage<State extends string> = Readonly<{
  title: string
  /** The folder of the state table. */
  source: string
  about: string
  states: StateTable<State>
  columns: Parameters<typeof workingStates<State>>[1]
  /** Before the table of working states, and after it. */
  working: string
  afterWorking?: string
  /** How the ways were found. */
  found: string
  ways: readonly Way<State>[]
}>

/** A page about a state table: its working states, its states at rest, and a diagram of the ways between them. */
export function sagaPage<State extends string>(spec: SagaPage<State>): string {
  const working = workingStates(spec.states, spec.columns)
  const resting = restingStates(spec.states)
  return page([
    `# ${spec.title}`,
    `<!-- Written by \`npm run docs\` from ${spec.source}. Edit that. -->`,
    spec.about,
    '## Working states',
    spec.working,
    table(working.head, working.rows),
    spec.afterWorking ?? '',
    '## States at rest',
    table(resting.head, resting.rows),
    '## The ways between them',
    spec.found,
    stateDiagram(spec.states, spec.ways),
  ])
}

/** Events that every machine knows. */
export const EFFECT_DONE = {
  event: { type: 'effectDone' },
  because: 'done',
} as const satisfies Possible<never>

export const EFFECT_FAILED = {
  event: {
    type: 'effectFailed',
    reason: { code: 'CODE', message: 'Cannot', remedy: 'none' },
    retry: false,
  },
  because: 'failed',
} as const satisfies Possible<never>

export const CANCELLED = {
  event: { type: 'cancelled' },
  because: 'cancelled',
} as const satisfies Possible<never>
