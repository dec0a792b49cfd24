import type { PodCell } from './round.ts'

export type PodBed = Readonly<{
  suite: 'bookworm' | 'trixie' | 'sid'
  cgroups: 'machine' | 'v1' | 'v2'
  driver: 'cgroupfs' | 'systemd'
  runtime: 'runc' | 'crun'
  /** Version of the kubelet that makes and removes the pods. */
  kubelet?: string
}>

export type PodFacts = Readonly<{
  containerd?: string
  runtime?: string
  kernel?: string
  systemd?: string
  hierarchies?: readonly string[]
}>

export type PodResults = Readonly<{
  beds: readonly Readonly<{
    bed: PodBed
    at: string
    facts: PodFacts
    cells: readonly PodCell[]
    /** Why it ended before its end. */
    stopped?: string
  }>[]
}>

type BedResult = PodResults['beds'][number]

export function keyOf({ suite, cgroups, driver, runtime, kubelet }: PodBed): string {
  return `${suite}, ${cgroups}, ${driver}, ${runtime}${kubelet === undefined ? '' : `, kubelet ${kubelet}`}`
}

/** One table of the beds, and one of what did not agree, as Markdown. */
export function report(beds: readonly BedResult[]): string {
  const rows = beds.map((one) => {
    const count = (verdict: PodCell['verdict']) =>
      String(one.cells.filter((cell) => cell.verdict === verdict).length)
    const { facts } = one
    const cgroups = layoutOf(facts.hierarchies ?? [])
    return [
      one.bed.suite,
      version(facts.containerd),
      `${one.bed.runtime} ${version(facts.runtime)}`,
      cgroups,
      one.bed.driver,
      (facts.systemd ?? '').replace('systemd ', ''),
      one.bed.kubelet ?? '',
      String(one.cells.length),
      String(one.cells.filter(({ happened }) => happened === 'dies').length),
      count('agree'),
      count('false alarm'),
      count('FALSE SAFE'),
      one.stopped === undefined ? '' : 'did not run to its end',
    ]
  })
  const head =
    'suite containerd runtime cgroups driver systemd kubelet cells died agree alarms safe note'.split(' ')
  const names = head.map((name) =>
    name === 'alarms' ? 'false alarms' : name === 'safe' ? 'false safe' : name,
  )
  return [table(names, rows), '', disagreements(beds)].join('\n')
}

function layoutOf(hierarchies: readonly string[]): string {
  if (!hierarchies.includes('v2')) return hierarchies.length === 0 ? '' : 'v1'
  return hierarchies.length > 1 ? 'hybrid' : 'v2'
}

function version(text = ''): string {
  return /\d+\.\d+(\.\d+)?/.exec(text)?.[0] ?? '?'
}

function disagreements(beds: readonly BedResult[]): string {
  const groups = new Map<string, Set<string>>()
  for (const { bed, cells } of beds) {
    for (const { verdict, placement, cause, pidMode, mechanisms } of cells) {
      if (verdict === 'agree') continue
      const where = placement.replace(/ in .*/, ' in one hierarchy')
      const key = [verdict, keyOf(bed), pidMode, where, mechanisms.join(' ')].join('\t')
      groups.set(key, (groups.get(key) ?? new Set()).add(cause))
    }
  }
  if (groups.size === 0) return 'Every prediction was right.'
  return table(
    ['verdict', 'bed', 'pid namespace', 'placement', 'by', 'causes'],
    [...groups].map(([key, causes]) => [...key.split('\t'), [...causes].join('; ')]),
  )
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
