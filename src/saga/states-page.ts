import type { Way } from './find-ways.ts'
import type { StateTable, WorkSpec } from './states.ts'

/** A Mermaid diagram with one arrow for each pair of states, and all that leads along it. */
export function stateDiagram<State extends string>(
  states: StateTable<State>,
  ways: readonly Way<State>[],
): string {
  const names = Object.keys(states) as State[]
  const arrows = names.flatMap((from) =>
    names.flatMap((to) => {
      const because = ways.filter((one) => one.from === from && one.to === to).map((one) => one.because)
      return because.length === 0 ? [] : [`  ${from} --> ${to}: ${[...new Set(because)].join(', ')}`]
    }),
  )
  const ends = names.filter((name) => states[name].stable).map((name) => `  ${name} --> [*]`)
  const lines = ['```mermaid', 'stateDiagram-v2', `  [*] --> ${names[0] ?? ''}`, ...arrows, ...ends, '```']
  return lines.join('\n')
}

/** The cells of the table of working states: head and rows, in Markdown. `effects` says what a state does. */
export function workingStates<State extends string>(
  states: StateTable<State>,
  columns: readonly Readonly<{ head: string; cell: (state: State, spec: WorkSpec<State>) => string }>[],
): Readonly<{ head: readonly string[]; rows: readonly (readonly string[])[] }> {
  const names = Object.keys(states) as State[]
  return {
    head: [
      'State',
      'Meaning',
      'Target',
      'On failure',
      'Cancelled',
      'After a crash',
      'Tries',
      'Deadline',
      ...columns.map(({ head }) => head),
    ],
    rows: names.flatMap((name) => {
      const spec = states[name]
      return spec.stable
        ? []
        : [[...workingCells(name, spec), ...columns.map(({ cell }) => cell(name, spec))]]
    }),
  }
}

/** The cells of the table of states at rest. */
export function restingStates<State extends string>(
  states: StateTable<State>,
): Readonly<{ head: readonly string[]; rows: readonly (readonly string[])[] }> {
  const names = Object.keys(states) as State[]
  return {
    head: ['State', 'Meaning'],
    rows: names.flatMap((name) => (states[name].stable ? [[code(name), states[name].meaning]] : [])),
  }
}

function workingCells<State extends string>(name: State, spec: WorkSpec<State>): readonly string[] {
  const { afterCrash, patienceMs, deadlinesMs = {} } = spec
  const patience = patienceMs === undefined ? '' : `; ${time(patienceMs)} while the service is away`
  const deadlines = Object.entries(deadlinesMs).map(([kind, ms]) => `${code(kind)} ${time(ms as number)}`)
  return [
    code(name),
    spec.meaning,
    code(spec.target),
    code(spec.onFailure),
    spec.onCancel === 'finish' ? 'goes on' : code(spec.onCancel),
    crashCell(name, afterCrash),
    `${spec.retries + 1}${patience}`,
    [time(spec.deadlineMs), ...deadlines].join('; '),
  ]
}

function crashCell<State extends string>(name: State, after: WorkSpec<State>['afterCrash']): string {
  if ('leaveFor' in after) return `leaves for ${code(after.leaveFor)}`
  return after.resumeIn === name ? 'resumes' : `resumes in ${code(after.resumeIn)}`
}

function time(ms: number): string {
  return ms % 60_000 === 0 ? `${ms / 60_000} min` : `${ms / 1000} s`
}

function code(text: string): string {
  return `\`${text}\``
}
