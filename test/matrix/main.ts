/**
 * The fault matrix: on real engines, with a real libvirt and a QEMU guest that ticks, ask Anneal who would die, then
 * do it, and compare. See docs/matrix.md.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scriptArguments } from '../../scripts/script-arguments.ts'
import { DEFAULT_SUITE, SUITES, ensurePackages, labDirectory } from '../../lab/index.ts'
import type { NestedEngine, Suite } from '../../lab/index.ts'
import { BEDS, LIBVIRT_TAGS, factsOf, hostFor, placementsIn, sideBySide } from './bed.ts'
import type { Bed, Libvirts } from './bed.ts'
import { CAUSES } from './causes.ts'
import type { Cause } from './causes.ts'
import { runCell } from './cell.ts'
import { GUESTS, clear } from './guest.ts'
import type { Boots } from './guest.ts'
import { compact, failed, keyOf, markdown, summary } from './report.ts'
import type { HostFacts, Results, Row } from './report.ts'
import { runUpgradeCell } from './upgrade.ts'
import type { Way } from './upgrade.ts'

const HELP = `npm run matrix -- [--engine docker|podman] [--placement NAME] [--cause CAUSE] [--bed BED] [--suite SUITE] [--guest GUEST] [--no-upgrade] [--rollback] [--keep] [--docs]
  --engine, --placement, --cause   only these cells; each may be given more than once. --cause none: upgrades only
  --bed                            what the cells run on; the results of each are kept, and written, apart
  --suite                          Debian release of the hosts (default: bookworm); results are kept apart, too
  --libvirt, --next                tags of nova-libvirt that cells begin with, and that upgrades bring (default: the suite's)
  --guest                          what guests boot: kernel (default), or sector (default in a virtual machine)
  --no-upgrade                     leave out the upgrades by Anneal
  --rollback                       roll each upgrade back as well
  --keep                           use hosts that an earlier --keep left, and leave them
  --docs                           run nothing; write the table of the last run into docs/matrix.md
  beds: machine (the machine's own cgroups), cgroup-v2 (hosts whose /sys/fs/cgroup is cgroup v2), vm (a virtual machine)
  suites: ${SUITES.join(', ')}
  placements: ${placementsIn('cgroup-v2')
    .map((one) => one.name)
    .join(', ')}
  causes: ${CAUSES.join(', ')}
`

const DOCS = join(import.meta.dirname, '../../docs/matrix.md')

const { values } = scriptArguments({
  options: {
    engine: { type: 'string', multiple: true },
    placement: { type: 'string', multiple: true },
    cause: { type: 'string', multiple: true },
    bed: { type: 'string', default: 'machine' },
    suite: { type: 'string', default: DEFAULT_SUITE },
    libvirt: { type: 'string' },
    next: { type: 'string' },
    guest: { type: 'string' },
    'no-upgrade': { type: 'boolean', default: false },
    rollback: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const BED: Bed = BEDS.find((one) => one === values.bed) ?? 'machine'
const PLACEMENTS = placementsIn(BED)
const SUITE: Suite = SUITES.find((one) => one === values.suite) ?? DEFAULT_SUITE
const LIBVIRTS: Libvirts = {
  now: values.libvirt ?? LIBVIRT_TAGS[SUITE].now,
  next: values.next ?? LIBVIRT_TAGS[SUITE].next,
}
const FILES: Readonly<Record<Bed, string>> = { machine: '', 'cgroup-v2': '-v2', vm: '-vm' }
const OTHER_SUITE = SUITE !== DEFAULT_SUITE
const RESULTS = join(labDirectory(), `matrix${OTHER_SUITE ? `-${SUITE}` : ''}${FILES[BED]}.json`)
const MARKS = [
  `<!-- table: npm run matrix -- ${OTHER_SUITE ? `--suite ${SUITE} ` : ''}${BED === 'machine' ? '' : `--bed ${BED} `}--docs -->`,
  '<!-- end of table -->',
] as const

if (values.help) process.stdout.write(HELP)
else if (values.docs) writeDocs()
else process.exitCode = await main()

async function main(): Promise<number> {
  const engines = chosen(['docker', 'podman'] as const, values.engine, 'engine')
  const names = chosen(
    PLACEMENTS.map((one) => one.name),
    values.placement,
    'placement',
  )
  const causes = values.cause?.includes('none') === true ? [] : chosen(CAUSES, values.cause, 'cause')
  const bed = chosen(BEDS, [values.bed], 'bed')
  const suite = chosen(SUITES, [values.suite], 'suite')
  const [boots] = chosen(GUESTS, [values.guest ?? (BED === 'vm' ? 'sector' : 'kernel')], 'guest') ?? []
  if (
    bed === undefined ||
    suite === undefined ||
    boots === undefined ||
    engines === undefined ||
    names === undefined ||
    causes === undefined
  ) {
    process.stderr.write(HELP)
    return 2
  }
  const upgrades = !values['no-upgrade'] && (causes.length === 0 || causes.includes('stop'))
  await ensurePackages()
  const rows: Row[] = []
  const keep = (row: Row): void => {
    rows.push(row)
    // At once: what was measured must outlive whatever ends this program.
    save([row], [])
    const what = row.kind === 'fault' ? row.cause : 'upgrade'
    const detail = row.kind === 'fault' ? row.detail : row.steps.join('; ')
    process.stderr.write(
      `${row.verdict.padEnd(11)} ${row.engine} ${row.placement} ${what}: predicted ${row.predicted}, ${row.happened}; ${detail} (${row.seconds} s)\n`,
    )
  }
  const way: Way = values.rollback ? 'there and back' : 'there'
  const todo = { placements: names, causes, upgrades, boots, way }
  const hosts: HostFacts[] = []
  // One engine beside the other: their hosts share nothing that a cell looks at.
  if (sideBySide(BED))
    hosts.push(...(await Promise.all(engines.map((engine) => runEngine(engine, todo, keep)))).flat())
  else for (const engine of engines) hosts.push(...(await runEngine(engine, todo, keep)))
  const known = save(rows, hosts)
  const mine = new Set(rows.map(keyOf))
  const table = known.rows.filter((row) => mine.has(keyOf(row)))
  process.stdout.write(`${markdown(table)}\n`)
  return failed(rows) ? 1 : 0
}

type Todo = Readonly<{
  placements: readonly string[]
  causes: readonly Cause[]
  upgrades: boolean
  boots: Boots
  way: Way
}>

async function runEngine(
  engine: NestedEngine,
  todo: Todo,
  done: (row: Row) => void,
): Promise<readonly HostFacts[]> {
  const facts: HostFacts[] = []
  for (const init of ['plain', 'systemd'] as const) {
    const placements = PLACEMENTS.filter((one) => one.host === init && todo.placements.includes(one.name))
    if (placements.length === 0) continue
    const host = await hostFor({
      bed: BED,
      suite: SUITE,
      engine,
      init,
      libvirts: LIBVIRTS,
      kept: values.keep,
    })
    const stage = { host, engine, boots: todo.boots, libvirts: LIBVIRTS }
    const guest = todo.boots === 'sector' ? '; guests boot a sector' : ''
    facts.push({
      host: `${engine} on ${init}`,
      facts: `${await factsOf(host, engine)}; nova-libvirt:${LIBVIRTS.now} to ${LIBVIRTS.next}${guest}`,
    })
    for (const placement of placements) {
      for (const cause of todo.causes) done(await runCell(stage, placement, cause))
      if (todo.upgrades) done(await runUpgradeCell(stage, placement, todo.way))
    }
    await clear(host, engine)
    if (!values.keep) await host.down()
  }
  return facts
}

/** Later results of a cell replace earlier ones; the order is that of the tables. */
function save(rows: readonly Row[], hosts: readonly HostFacts[]): Results {
  const before = load()
  const byKey = new Map([...before.rows, ...rows].map((row) => [keyOf(row), row]))
  const byHost = new Map([...before.hosts, ...hosts].map((one) => [one.host, one]))
  const results: Results = {
    schema: 'anneal.matrix/1',
    hosts: [...byHost.values()].toSorted((a, b) => (a.host < b.host ? -1 : 1)),
    rows: [...byKey.values()].toSorted((a, b) => rank(a) - rank(b)),
  }
  writeFileSync(`${RESULTS}.new`, `${JSON.stringify(results, undefined, 2)}\n`)
  renameSync(`${RESULTS}.new`, RESULTS)
  return results
}

function load(): Results {
  if (!existsSync(RESULTS)) return { schema: 'anneal.matrix/1', hosts: [], rows: [] }
  return JSON.parse(readFileSync(RESULTS, 'utf8')) as Results
}

function rank(row: Row): number {
  const placement = PLACEMENTS.findIndex((one) => one.name === row.placement)
  const cause = row.kind === 'fault' ? CAUSES.indexOf(row.cause) : CAUSES.length
  return (row.engine === 'docker' ? 0 : 1000) + placement * 10 + cause
}

function writeDocs(): void {
  const { hosts, rows } = load()
  const [start, end] = MARKS
  const text = readFileSync(DOCS, 'utf8')
  const dates = rows.map((row) => row.at.slice(0, 10)).toSorted()
  const table = [
    `Run on ${[...new Set([dates[0], dates.at(-1)])].join(' to ')}:`,
    '',
    ...hosts.map((one) => `- ${one.host}: ${one.facts}`),
    '',
    OTHER_SUITE ? compact(rows) : markdown(rows),
  ].join('\n')
  const at = text.indexOf(start)
  const until = text.indexOf(end, at)
  if (at < 0 || until < 0) throw new Error(`${DOCS} has no "${start}" that ends with "${end}"`)
  writeFileSync(DOCS, `${text.slice(0, at)}${start}\n\n${table}\n\n${text.slice(until)}`)
  process.stdout.write(`${summary(rows)}\n`)
}

/** All of them where none is named; undefined where one is named that is none. */
function chosen<T extends string>(
  known: readonly T[],
  wanted: readonly string[] | undefined,
  what: string,
): readonly T[] | undefined {
  if (wanted === undefined) return known
  const wrong = wanted.filter((one) => !known.some((name) => name === one))
  if (wrong.length > 0) {
    process.stderr.write(`error: no such ${what}: ${wrong.join(', ')}\n`)
    return undefined
  }
  return known.filter((one) => wanted.includes(one))
}
