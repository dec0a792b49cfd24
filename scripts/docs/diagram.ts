/** A way from one state to another, and what leads there. */
export type Way<State extends string> = Readonly<{ from: State; to: State; because: string }>

/** A Mermaid diagram with one arrow for each pair of states, and all that leads along it. */
export function stateDiagram<State extends string>(
  names: readonly State[],
  ways: readonly Way<State>[],
  isStable: (state: State) => boolean,
): string {
  const arrows = names.flatMap((from) =>
    names.flatMap((to) => {
      const because = ways.filter((one) => one.from === from && one.to === to).map((one) => one.because)
      return because.length === 0 ? [] : [`  ${from} --> ${to}: ${[...new Set(because)].join(', ')}`]
    }),
  )
  const ends = names.filter((name) => isStable(name)).map((name) => `  ${name} --> [*]`)
  const lines = ['```mermaid', 'stateDiagram-v2', `  [*] --> ${names[0] ?? ''}`, ...arrows, ...ends, '```']
  return lines.join('\n')
}
