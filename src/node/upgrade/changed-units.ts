import type { Container, EngineFacts } from '../container.ts'
import type { Finding } from '../finding.ts'
import type { Census } from '../guests/index.ts'
import { isHostDaemon } from '../owners/index.ts'
import type { CgroupLine, ProcessTable } from '../process.ts'
import { started, stopped } from './plan.ts'
import type { Plan } from './plan.ts'

/** A unit that is up, and whose files have changed since systemd read them. */
export type ChangedUnit = Readonly<{
  name: string
  /** Of the units that were asked about: itself, or those that systemd stops with it. */
  takes: readonly string[]
}>

type Seen = Readonly<{
  table: ProcessTable
  census: Census
  containers: readonly Container[]
  engine: Pick<EngineFacts, 'kind'>
}>

/** Units that hold guests, helpers, containers or the engine, each with whom. */
export function unitsThatHold({ table, census, containers, engine }: Seen): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  const add = (unit: string, who: string): void => {
    if (!found.has(unit)) found.set(unit, who)
  }
  for (const { name, identity } of census.guests)
    for (const unit of unitsIn(identity.cgroups)) add(unit, `guest "${name}" (pid ${identity.pid})`)
  for (const { name, identity } of census.helpers)
    for (const unit of unitsIn(identity.cgroups)) add(unit, `helper ${name} (pid ${identity.pid})`)
  const byPid = new Map(table.processes.map((process) => [process.pid, process]))
  for (const { name, pid } of containers)
    for (const unit of unitsIn(byPid.get(pid)?.cgroups ?? [])) add(unit, `container "${name}"`)
  if (engine.kind === 'docker')
    for (const unit of ['docker.service', 'containerd.service']) add(unit, 'the engine')
  return found
}

/** The unit by whose cgroup systemd counts a process, and the slices around it; what is below belongs to whom runs in it. */
function unitsIn(cgroups: readonly CgroupLine[]): readonly string[] {
  return cgroups.flatMap(({ hierarchy, controllers, path }) => {
    if (hierarchy !== 0 && !controllers.includes('name=systemd')) return []
    const parts = path.split('/').filter((part) => part !== '')
    const end = parts.findIndex((part) => !part.endsWith('.slice'))
    const unit = parts[end]
    const slices = end === -1 ? parts : parts.slice(0, end)
    return unit !== undefined && /\.(service|scope)$/.test(unit) ? [...slices, unit] : slices
  })
}

/** Whether the plan has systemd read its units again: to disarm units, or to arm them. */
export function reloadsUnits(plan: Plan): boolean {
  return (
    stopped(plan).some(
      ({ containerName, supervisors = [] }) => supervisors.length > 0 || isHostDaemon(containerName),
    ) ||
    started(plan).some(({ newName, next }) => (next.supervisors ?? []).length > 0 || isHostDaemon(newName))
  )
}

/**
 * systemd reads all its units at a `daemon-reload`, and then ends what by its new files should not be up: a unit with BindsTo= on one that
 * is not, with StopWhenUnneeded= and nobody who needs it, a service or a scope that has run longer than RuntimeMaxSec=. Seen with systemd
 * 257 (test/e2e/changed-units.test.ts). The new files of a mount are mostly /etc/fstab, of which any change counts for all of its mounts.
 */
export function changedUnits(
  changed: readonly ChangedUnit[],
  held: ReadonlyMap<string, string>,
  /** `plan`: it has systemd read the units. `doctor`: anybody may. */
  asked: 'plan' | 'doctor',
): readonly Finding[] {
  return changed.map(({ name, takes }) => {
    const [taken = name] = takes.includes(name) ? [name] : takes
    const who = held.get(taken) ?? 'a process of the node'
    const where = taken === name ? `${who} is in it` : `${who} is in ${taken}, which systemd stops with it`
    return {
      code: 'UNIT_CHANGED',
      severity: asked === 'plan' && !name.endsWith('.mount') ? 'refuse' : 'warn',
      subject: name,
      evidence: `its files have changed since systemd read them, and ${where}: ${asked === 'plan' ? 'the switch has systemd read its units again' : 'the next `systemctl daemon-reload`, also that of a package, puts the change into effect'}, which may end a unit that runs`,
      remedy: `look at \`systemctl cat ${name}\`. Where the change adds no BindsTo=, StopWhenUnneeded=, RuntimeMaxSec= or lower limit, run \`systemctl daemon-reload\`; else take it back, or migrate the guests first`,
    }
  })
}
