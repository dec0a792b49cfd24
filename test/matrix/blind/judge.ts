import type { BlindNode } from './node-arbitrary.ts'

/** What `anneal node kill-set --json` said of one container, reduced to what is judged. */
export type Said = Readonly<{
  exitCode: number
  doomed: readonly number[]
  endangered: readonly number[]
  census: readonly number[]
}>

/** A process as it was found before the question, and what became of it. */
export type Seen = Readonly<{ role: 'guest' | 'bystander'; label: string; pid: number; lived: boolean }>

export type BlindVerdict = 'agree' | 'FALSE SAFE' | 'false alarm' | 'nobody to lose' | 'ERROR'

export type Judged = Readonly<{ verdict: BlindVerdict; why: readonly string[] }>

/**
 * A guest that died has to be among the endangered; any other process that died, among those that the kill set names.
 * Who was named and lived is a false alarm.
 */
export function judge(said: Said, seen: readonly Seen[]): Judged {
  if (seen.length === 0) return { verdict: 'nobody to lose', why: [] }
  const lost = seen.filter(({ lived }) => !lived)
  const unsaid = lost.flatMap(({ role, label, pid }) => {
    if (!said.doomed.includes(pid)) return [`${label} died, and is in no kill set`]
    if (role === 'guest' && !said.endangered.includes(pid)) {
      const known = said.census.includes(pid) ? 'in the census' : 'not in the census'
      return [`${label} died, and is not among the endangered (${known})`]
    }
    return []
  })
  if (unsaid.length > 0) return { verdict: 'FALSE SAFE', why: unsaid }
  const alarms = seen.filter(({ lived, pid }) => lived && said.doomed.includes(pid))
  if (alarms.length > 0)
    return { verdict: 'false alarm', why: alarms.map(({ label }) => `${label} lived, and was said to die`) }
  return { verdict: 'agree', why: [] }
}

/** In one line, for people. */
export function describe({ container, state, act }: BlindNode): string {
  const { pid, cgroupns, cgroupBind, parent, terminal, supervisor, restart, unit, guests, bystanders } =
    container
  const moved = (all: readonly Readonly<{ mask: number; place: string }>[]) =>
    all.length === 0
      ? 'stays'
      : all.map(({ mask, place }) => `${mask === 0xffff ? 'all' : mask.toString(2)}→${place}`).join('+')
  return [
    `${state}, ${act}; pid ${pid}, cgroupns ${cgroupns}${cgroupBind ? ', cgroup bind' : ''}${parent === 'own' ? ', own parent' : ''}${terminal ? ', terminal' : ''}`,
    `first process ${supervisor}${restart === 'always' ? ', restarts' : ''}`,
    ...(unit === 'none' ? [] : [`unit with KillMode=${unit}`]),
    ...guests.map(
      (one) =>
        `guest ${one.program}${one.wrapper === 'none' ? '' : ` (${one.wrapper})`} ${one.start}${one.ownPidNamespace ? ', own pid namespace' : ''} ${moved(one.moves)}`,
    ),
    ...bystanders.map((one) => `bystander ${moved(one.moves)}`),
  ].join('; ')
}
