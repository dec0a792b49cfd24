import { TASK, TASK_STATES, beginTask } from '../../src/conductor/index.ts'
import type { MachineReported, TaskKind, TaskPlan, TaskState } from '../../src/conductor/index.ts'
import { findWays } from '../../src/saga/index.ts'
import type { Possible } from '../../src/saga/index.ts'
import { code } from './markdown.ts'
import { CANCELLED, EFFECT_DONE, EFFECT_FAILED, sagaPage } from './saga-page.ts'

const KINDS: readonly TaskKind[] = ['verify', 'inspect', 'clean', 'deploy', 'boot', 'release']

/** docs/conductor-states.md: the states of the conductor's tasks, and the ways of each kind of task. */
export function conductorStatesPage(): string {
  const starts = KINDS.map((kind) => beginTask(planOf(kind)))
  const keyOf = ({ plan }: (typeof starts)[number]): string => plan.kind
  return sagaPage<TaskState>({
    title: 'The states of a conductor’s task',
    source: 'src/conductor',
    about:
      'Each thing that `anneal metal serve` does with a machine is a task: `verify`, `inspect`, `clean`, `deploy`, `boot` or `release` ([conductor.md](conductor.md)). The conductor journals every effect before and after it; after a crash the next process goes on as the table says.',
    states: TASK_STATES,
    columns: [
      {
        head: 'Effects',
        cell: (name) =>
          effectsOf(name)
            .map((effect) => code(effect))
            .join(', '),
      },
    ],
    working:
      'Effects that wait for a machine have no deadline of their own. They end when the machine has been silent for too long: 20 minutes until it reports, 10 minutes afterwards.',
    found: 'Found by giving every event to every state of every kind of task.',
    ways: findWays(TASK, starts, EVENTS, keyOf),
  })
}

function planOf(kind: TaskKind): TaskPlan {
  return { kind, machine: '', writes: 'stream', boots: 'network', afterwards: 'boots', wipes: 'disks' }
}

function effectsOf(state: string): readonly string[] {
  const run = { ...beginTask(planOf('deploy')), state: state as TaskState }
  return TASK.effectsOf(run).map(({ kind }) => kind)
}

const EVENTS: readonly Possible<MachineReported>[] = [
  EFFECT_DONE,
  { event: { type: 'machineReported' }, because: 'the machine reported' },
  EFFECT_FAILED,
  CANCELLED,
]
