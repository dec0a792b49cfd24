import { REPLACEMENT, REPLACEMENT_STATES, startReplacement } from '../../src/node/index.ts'
import type { ReplacementPlan, ReplacementState } from '../../src/node/index.ts'
import { findWays, restingStates, stateDiagram, workingStates } from '../../src/saga/index.ts'
import type { Possible } from '../../src/saga/index.ts'
import { code, page, table } from './markdown.ts'

/** docs/replacement-states.md: the states in which the pod of a DaemonSet is replaced. */
export function replacementStatesPage(): string {
  const effectsOf = (state: string) =>
    REPLACEMENT.effectsOf({ ...startReplacement(PLAN), state: state as ReplacementState })
  const working = workingStates<ReplacementState>(REPLACEMENT_STATES, [
    {
      head: 'Effects',
      cell: (name) =>
        effectsOf(name)
          .map(({ kind }) => code(kind))
          .join(', '),
    },
  ])
  const resting = restingStates<ReplacementState>(REPLACEMENT_STATES)
  return page([
    '# The states of a pod’s replacement',
    '<!-- Written by `npm run docs` from src/node/replacement. Edit that. -->',
    '`anneal node replace-pod` ([pods.md](pods.md)) journals every effect before and after it; after a crash the next call goes on as the table says.',
    '## Working states',
    '`awaitPod` has no deadline of the table: `--pod-timeout` says how long. An apiserver that is away is waited for, ten minutes at each effect that changes something.',
    table(working.head, working.rows),
    '## States at rest',
    table(resting.head, resting.rows),
    '## The ways between them',
    'Found by giving every event to every state.',
    stateDiagram<ReplacementState>(
      REPLACEMENT_STATES,
      findWays(REPLACEMENT, [startReplacement(PLAN)], EVENTS, () => ''),
    ),
  ])
}

const PLAN: ReplacementPlan = {
  daemonSet: { namespace: '', name: '', uid: '' },
  node: '',
  bootId: '',
  pod: { name: '', uid: '' },
  earlier: { hash: 'earlier', number: 1 },
  target: { hash: 'target', number: 2 },
  guests: [],
  listed: [],
  patienceMs: 1,
}

const EVENTS: readonly Possible<never>[] = [
  { event: { type: 'effectDone' }, because: 'done' },
  {
    event: {
      type: 'effectFailed',
      reason: { code: 'CODE', message: 'Cannot', remedy: 'none' },
      retry: false,
    },
    because: 'failed',
  },
  { event: { type: 'cancelled' }, because: 'cancelled' },
]
