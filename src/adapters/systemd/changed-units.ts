import type { ChangedUnit } from '../../node/index.ts'
import { showBlocks } from './show-output.ts'
import type { Systemctl } from './systemctl.ts'

/** Units may be stopped with units, and so on. */
const MOST_ABOVE = 8

/** `Name=` of the units with which systemd stops a unit; those that need it count where it is there only as long as it is needed. */
const STOPPED_WITH = ['Requires', 'Requisite', 'BindsTo', 'PartOf', 'StopPropagatedFrom'] as const
const NEEDED_BY = ['RequiredBy', 'RequisiteOf', 'BoundBy', 'WantedBy', 'UpheldBy'] as const
const ASKED = ['Id', 'ActiveState', 'NeedDaemonReload', 'StopWhenUnneeded', ...STOPPED_WITH, ...NEEDED_BY]

/** See `UnitReader.changed`. */
export async function readChangedUnits(
  units: readonly string[],
  systemctl: Systemctl,
): Promise<readonly ChangedUnit[]> {
  /** Which of `units` a unit takes along when it ends. */
  const takes = new Map<string, Set<string>>(units.map((name) => [name, new Set([name])]))
  const changed = new Set<string>()
  let next: readonly string[] = units
  for (let depth = 0; depth < MOST_ABOVE && next.length > 0; depth++) {
    const shown = showBlocks(await systemctl(['show', `--property=${ASKED.join(',')}`, '--', ...next]))
    const above = new Set<string>()
    for (const { values } of shown) {
      const text = (name: string): string => values.get(name)?.[0] ?? ''
      const name = text('Id')
      if (/^(inactive|failed)?$/.test(text('ActiveState'))) continue
      if (text('NeedDaemonReload') === 'yes') changed.add(name)
      const links = text('StopWhenUnneeded') === 'yes' ? [...STOPPED_WITH, ...NEEDED_BY] : STOPPED_WITH
      for (const one of links.flatMap((link) => text(link).split(' ')).filter((word) => word !== '')) {
        if (!takes.has(one)) above.add(one)
        takes.set(one, new Set([...(takes.get(one) ?? []), ...(takes.get(name) ?? [])]))
      }
    }
    next = [...above]
  }
  return [...changed].map((name) => ({ name, takes: [...(takes.get(name) ?? [])] }))
}
