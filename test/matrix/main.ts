/**
 * The fault matrix: on real engines, with a real libvirt and a QEMU guest that ticks, ask Anneal who would die, then
 * do it, and compare. See docs/matrix.md.
 */
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Host, ensurePackages, labDirectory } from '../../lab/index.ts'
import type { NestedEngine } from '../../lab/index.ts'
import { CAUSES } from './causes.ts'
import type { Cause } from './causes.ts'
import { runCell } from './cell.ts'
import { clear } from './guest.ts'
import { PLACEMENTS } from './placements.ts'
import type { Placement } from './placements.ts'
import { failed, keyOf, markdown, summary } from './report.ts'
import type { HostFacts, Results, Row } from './report.ts'
import { runUpgradeCell } from './upgrade.ts'

const HELP = `npm run matrix -- [--engine docker|podman] [--placement NAME] [--cause CAUSE] [--no-upgrade] [--keep] [--docs]
  --engine, --placement, --cause   only these cells; each may be given more than once. --cause none: upgrades only
  --no-upgrade                     leave out the upgrades by Anneal
  --keep                           use hosts that an earlier --keep left, and leave them
  --docs                           run nothing; write the table of the last run into docs/matrix.md
  placements: ${PLACEMENTS.map((one) => one.name).join(', ')}
  causes: ${CAUSES.join(', ')}
`

const IMAGES = ['nova-libvirt:bookworm', 'nova-libvirt:bookworm-backports']
const RESULTS = join(labDirectory(), 'matrix.json')
const DOCS = join(import.meta.dirname, '../../docs/matrix.md')
const MARKS = ['<!-- table: npm run matrix -- --docs -->', '<!-- end of table -->'] as const

const { values } = parseArgs({
  options: {
    engine: { type: 'string', multiple: true },
    placement: { type: 'string', multiple: true },
    cause: { type: 'string', multiple: true },
    'no-upgrade': { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

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
  if (engines === undefined || names === undefined || causes === undefined) {
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
  // One engine beside the other: their hosts share nothing that a cell looks at.
  const todo = { placements: PLACEMENTS.filter((one) => names.includes(one.name)), causes, upgrades }
  const hosts = await Promise.all(engines.map((engine) => runEngine(engine, todo, keep)))
  const known = save(rows, hosts.flat())
  const mine = new Set(rows.map(keyOf))
  const table = known.rows.filter((row) => mine.has(keyOf(row)))
  process.stdout.write(`${markdown(table)}\n`)
  return failed(rows) ? 1 : 0
}

type Todo = Readonly<{ placements: readonly Placement[]; causes: readonly Cause[]; upgrades: boolean }>

async function runEngine(
  engine: NestedEngine,
  todo: Todo,
  done: (row: Row) => void,
): Promise<readonly HostFacts[]> {
  const facts: HostFacts[] = []
  for (const init of ['plain', 'systemd'] as const) {
    const placements = todo.placements.filter((one) => one.host === init)
    if (placements.length === 0) continue
    const host = await hostFor(engine, init)
    facts.push({ host: `${engine} on ${init}`, facts: await factsOf(host, engine) })
    for (const placement of placements) {
      for (const cause of todo.causes) done(await runCell(host, engine, placement, cause))
      if (todo.upgrades) done(await runUpgradeCell(host, engine, placement))
    }
    await clear(host, engine)
    if (!values.keep) await host.down()
  }
  return facts
}

async function hostFor(engine: NestedEngine, init: 'plain' | 'systemd'): Promise<Host> {
  const name = `matrix-${engine}-${init}`
  const left = values.keep ? (await Host.list()).find((host) => host.name === name) : undefined
  const host = left ?? (await Host.up({ name, init, engine, machined: init === 'systemd', images: IMAGES }))
  if (engine === 'podman' && init === 'plain') {
    // crun, Debian's default, refuses a hybrid cgroup layout that it meets with no systemd to hide it.
    await host.sh(
      'mkdir -p /etc/containers/containers.conf.d; printf "[engine]\\nruntime = \\"runc\\"\\n" >/etc/containers/containers.conf.d/runtime.conf',
    )
  }
  return host
}

async function factsOf(host: Host, engine: NestedEngine): Promise<string> {
  const format =
    engine === 'docker'
      ? 'docker {{.ServerVersion}}, {{.DefaultRuntime}} (runc), cgroup driver {{.CgroupDriver}}'
      : 'podman {{.Version.Version}}, {{.Host.OCIRuntime.Name}}, cgroup driver {{.Host.CgroupManager}}'
  const engineFacts = (await host.must([engine, 'info', '--format', format])).trim()
  const runtimes = await host.sh('runc --version | head -n 1; crun --version | head -n 1')
  const layout = await host.sh(
    'if [ -e /sys/fs/cgroup/cgroup.controllers ]; then echo unified; elif [ -d /sys/fs/cgroup/unified ]; then echo hybrid; else echo v1; fi',
  )
  return `${engineFacts}; ${runtimes.trim().replaceAll('\n', ', ')}; cgroups ${layout.trim()}`
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
    markdown(rows),
  ].join('\n')
  const [before = ''] = text.split(start)
  const after = text.split(end)[1] ?? ''
  writeFileSync(DOCS, `${before}${start}\n\n${table}\n\n${end}${after}`)
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
