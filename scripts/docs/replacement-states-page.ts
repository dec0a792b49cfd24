import { REPLACEMENT, REPLACEMENT_STATES, startReplacement } from '../../src/node/index.ts'
import type { ReplacementPlan, ReplacementState } from '../../src/node/index.ts'
import { findWays } from '../../src/saga/index.ts'
import type { Possible } from '../../src/saga/index.ts'
import { code } from './markdown.ts'
import { CANCELLED, EFFECT_DONE, EFFECT_FAILED, sagaPage } from './saga-page.ts'

/** docs/replacement-states.md: the states in which the pod of a DaemonSet is replaced. */
export function replacementStatesPage(): string {
  const effectsOf = (state: string) =>
    REPLACEMENT.effectsOf({ ...startReplacement(PLAN), state: state as ReplacementState })
  return sagaPage<ReplacementState>({
    title: 'The states of a pod’s replacement',
    source: 'src/node/replacement',
    about:
      '`anneal node replace-pod` ([pods.md](pods.md)) journals every effect before and after it; after a crash the next call goes on as the table says.',
    states: REPLACEMENT_STATES,
    columns: [
      {
        head: 'Effects',
        cell: (name) =>
          effectsOf(name)
            .map(({ kind }) => code(kind))
            .join(', '),
      },
    ],
    working:
      '`awaitPod` has no deadline of the table: `--pod-timeout` says how long. An apiserver that is away is waited for, ten minutes at each effect that changes something.',
    found: 'Found by giving every event to every state.',
    ways: findWays(REPLACEMENT, [startReplacement(PLAN)], EVENTS, () => ''),
  })
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

const EVENTS: readonly Possible<never>[] = [EFFECT_DONE, EFFECT_FAILED, CANCELLED]
