import type { Cell } from './cell.ts'
import type { UpgradeCell } from './upgrade.ts'

export type Row = Cell | UpgradeCell

export type Results = Readonly<{
  schema: 'anneal.matrix/1'
  hosts: readonly HostFacts[]
  rows: readonly Row[]
}>

/** What a cell ran on, as the engines say it. */
export type HostFacts = Readonly<{ host: string; facts: string }>

export function keyOf(row: Row): string {
  return `${row.kind} ${row.engine} ${row.placement} ${row.kind === 'fault' ? row.cause : ''}`
}

export function summary(rows: readonly Row[]): string {
  const count = (verdict: Row['verdict']) => rows.filter((row) => row.verdict === verdict).length
  const faults = rows.filter((row) => row.kind === 'fault').length
  const errors = count('ERROR')
  return [
    `${rows.length} cells (${faults} faults, ${rows.length - faults} upgrades)`,
    `${count('agree')} agree`,
    `${count('FALSE SAFE')} false safe`,
    `${count('false alarm')} false alarm`,
    `${count('LOST BY ANNEAL')} guests lost by Anneal`,
    ...(errors === 0 ? [] : [`${errors} in error`]),
  ].join(', ')
}

/** A false alarm costs a rescue that was not needed; whatever else is not `agree` is a failure. */
export function failed(rows: readonly Row[]): boolean {
  return rows.some(({ verdict }) => verdict !== 'agree' && verdict !== 'false alarm')
}

export function markdown(rows: readonly Row[]): string {
  const faults = rows.filter((row) => row.kind === 'fault')
  const upgrades = rows.filter((row) => row.kind === 'upgrade')
  return [
    ...table(
      ['engine', 'placement', 'cause', 'predicted', 'happened', 'the container', 'verdict'],
      faults.map((row) => [
        row.engine,
        row.placement,
        row.cause,
        row.predicted === 'dies' ? `dies (${row.mechanisms.join(', ')})` : row.predicted,
        row.happened,
        row.detail,
        row.verdict,
      ]),
    ),
    '',
    ...table(
      ['engine', 'placement', 'kill set says', '`anneal node upgrade`', 'guest', 'verdict'],
      upgrades.map((row) => [
        row.engine,
        row.placement,
        row.predicted,
        row.steps.join('; '),
        row.happened,
        row.verdict,
      ]),
    ),
    '',
    summary(rows),
  ].join('\n')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('\n', ' ').replaceAll('|', '\\|')).join(' | ')} |`
  return rows.length === 0 ? [] : [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
