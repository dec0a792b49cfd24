import { TASK, TASK_STATES, beginTask } from '../../src/conductor/index.ts'
import type { MachineReported, TaskKind, TaskPlan, TaskState } from '../../src/conductor/index.ts'
import { findWays, restingStates, stateDiagram, workingStates } from '../../src/saga/index.ts'
import type { Possible } from '../../src/saga/index.ts'
import { code, page, table } from './markdown.ts'

const KINDS: readonly TaskKind[] = ['verify', 'inspect', 'clean', 'deploy', 'boot', 'release']

/** docs/conductor-states.md: the states of the conductor's tasks, and the ways of each kind of task. */
export function conductorStatesPage(): string {
  const working = workingStates<TaskState>(TASK_STATES, [
    {
      head: 'Effects',
      cell: (name) =>
        effectsOf(name)
          .map((effect) => code(effect))
          .join(', '),
    },
  ])
  const resting = restingStates<TaskState>(TASK_STATES)
  const starts = KINDS.map((kind) => beginTask(planOf(kind)))
  const keyOf = ({ plan }: (typeof starts)[number]): string => plan.kind
  return page([
    '# The states of a conductor’s task',
    '<!-- Written by `npm run docs` from src/conductor. Edit that. -->',
    'Each thing that `anneal metal serve` does with a machine is a task: `verify`, `inspect`, `clean`, `deploy`, `boot` or `release` ([conductor.md](conductor.md)). The conductor journals every effect before and after it; after a crash the next process goes on as the table says.',
    '## Working states',
    'Effects that wait for a machine have no deadline of their own. They end when the machine has been silent for too long: 20 minutes until it reports, 10 minutes afterwards.',
    table(working.head, working.rows),
    '## States at rest',
    table(resting.head, resting.rows),
    '## The ways between them',
    'Found by giving every event to every state of every kind of task.',
    stateDiagram<TaskState>(TASK_STATES, findWays(TASK, starts, EVENTS, keyOf)),
  ])
}

function planOf(kind: TaskKind): TaskPlan {
  return { kind, machine: '', writes: 'stream', boots: 'network', afterwards: 'boots', wipes: 'disks' }
}

function effectsOf(state: string): readonly string[] {
  const run = { ...beginTask(planOf('deploy')), state: state as TaskState }
  return TASK.effectsOf(run).map(({ kind }) => kind)
}

const EVENTS: readonly Possible<MachineReported>[] = [
  { event: { type: 'effectDone' }, because: 'done' },
  { event: { type: 'machineReported' }, because: 'the machine reported' },
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
