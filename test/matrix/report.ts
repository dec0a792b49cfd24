import { CAUSES } from './causes.ts'
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
    ...packetsLost(rows),
    ...(errors === 0 ? [] : [`${errors} in error`]),
  ].join(', ')
}

function packetsLost(rows: readonly Row[]): readonly string[] {
  const watched = rows.flatMap((row) =>
    row.kind === 'upgrade' && row.packets !== undefined ? [row.packets] : [],
  )
  if (watched.length === 0) return []
  return [`${watched.reduce((sum, { lost }) => sum + lost, 0)} packets lost in ${watched.length} upgrades`]
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
      ['engine', 'placement', 'kill set says', '`anneal node upgrade`', 'guest', 'packets lost', 'verdict'],
      upgrades.map((row) => [
        row.engine,
        row.placement,
        row.predicted,
        row.steps.join('; '),
        row.happened,
        row.packets === undefined ? '' : `${row.packets.lost} of ${row.packets.sent}`,
        row.verdict,
      ]),
    ),
    '',
    summary(rows),
  ].join('\n')
}

/** One line for each placement: what the kill set said and what happened, where that is the same; else both. */
export function compact(rows: readonly Row[]): string {
  const lines = [...new Map(rows.map((row) => [`${row.engine} ${row.placement}`, row])).values()]
  const cells = lines.map(({ engine, placement }) => {
    const mine = rows.filter((row) => row.engine === engine && row.placement === placement)
    const faults = CAUSES.map((cause) =>
      shortly(mine.find((row) => row.kind === 'fault' && row.cause === cause)),
    )
    return [engine, placement, ...faults, shortly(mine.find((row) => row.kind === 'upgrade'))]
  })
  return [...table(['engine', 'placement', ...CAUSES, 'upgrade'], cells), '', summary(rows)].join('\n')
}

/** Empty where the cell was not run. */
function shortly(row: Row | undefined): string {
  if (row === undefined) return ''
  const detail = row.kind === 'upgrade' ? row.steps.join('; ') : row.detail
  if (row.verdict === 'ERROR') return `ERROR: ${detail}`
  const how = row.kind === 'fault' && row.mechanisms.length > 0 ? ` (${row.mechanisms.join(', ')})` : ''
  if (row.verdict !== 'agree') return `**${row.verdict}**: said ${row.predicted}${how}, ${row.happened}`
  return row.kind === 'upgrade' ? exits(row.steps) : `${row.happened}${how}`
}

/** `upgrade: exit 3; nothing touched; upgrade --rescue: exit 0` → `3, --rescue 0`. */
function exits(steps: readonly string[]): string {
  return steps
    .flatMap((step) => /^(?:upgrade ?|(rollback))(--rescue)?: exit (\d+)$/.exec(step) ?? [])
    .filter((_, index) => index % 4 !== 0)
    .filter((part) => part !== undefined && part !== '')
    .join(' ')
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('\n', ' ').replaceAll('|', '\\|')).join(' | ')} |`
  return rows.length === 0 ? [] : [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
