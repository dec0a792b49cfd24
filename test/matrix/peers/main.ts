/**
 * What becomes of a guest when other tools replace the libvirt that runs it, beside Anneal: docs/peers.md.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scriptArguments } from '../../../scripts/script-arguments.ts'
import { DEFAULT_SUITE, SUITES, ensurePackages, labDirectory } from '../../../lab/index.ts'
import type { ComputeHost, NestedEngine, Suite } from '../../../lab/index.ts'
import { placeCompose } from '../../../lab/compose.ts'
import { LIBVIRT_TAGS, factsOf, hostFor } from '../bed.ts'
import type { Bed } from '../bed.ts'
import { clear } from '../guest.ts'
import { placementsOn } from '../placements.ts'
import { runPeer } from './cell.ts'
import type { Act, PeerCell } from './cell.ts'
import { COMPOSE_PROGRAM, PEERS } from './peers.ts'

const HELP = `npm run matrix:peers -- [--engine docker|podman] [--peer NAME] [--placement NAME] [--suite SUITE] [--cgroup-v2] [--docs]
  --docs   run nothing; write the table of all runs into docs/peers.md
  peers: ${[...new Set(PEERS.map(({ name }) => name))].join(', ')}
`
/** A guest that is safe, and one that lies below the container. */
const PLACEMENTS: Readonly<Record<'v1' | 'v2', readonly string[]>> = {
  v1: ['machined', 'no-cgroup-bind'],
  v2: ['machined', 'own-cgroup-tree'],
}
const DOCS = join(import.meta.dirname, '../../../docs/peers.md')
const MARKS = ['<!-- table: npm run matrix:peers -- --docs -->', '<!-- end of table -->'] as const

type Row = PeerCell & Readonly<{ cgroups: 'v1' | 'v2' }>
type Results = Readonly<{
  schema: 'anneal.peers/1'
  hosts: Readonly<Record<string, string>>
  rows: readonly Row[]
}>

const { values } = scriptArguments({
  options: {
    engine: { type: 'string' },
    peer: { type: 'string' },
    placement: { type: 'string' },
    suite: { type: 'string', default: DEFAULT_SUITE },
    'cgroup-v2': { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})
const suite = SUITES.find((one) => one === values.suite)
const cgroups = values['cgroup-v2'] ? 'v2' : 'v1'
const peers = PEERS.filter(
  (peer) =>
    (values.engine ?? peer.engine) === peer.engine &&
    (values.peer ?? peer.name) === peer.name &&
    (peer.suites === undefined || (suite !== undefined && peer.suites.includes(suite))),
)
const placements = placementsOn(cgroups).filter(({ name }) =>
  values.placement === undefined ? PLACEMENTS[cgroups].includes(name) : name === values.placement,
)

if (values.help) process.stdout.write(HELP)
else if (suite === undefined || peers.length === 0 || placements.length === 0) {
  process.stderr.write(HELP)
  process.exitCode = 2
} else if (values.docs) writeDocs()
else process.exitCode = await main(suite)

async function main(of: Suite): Promise<number> {
  await ensurePackages()
  const bed: Bed = cgroups === 'v2' ? 'cgroup-v2' : 'machine'
  const rows: Row[] = []
  for (const engine of new Set(peers.map((peer) => peer.engine))) {
    const libvirts = LIBVIRT_TAGS[of]
    const host = await hostFor({ bed, suite: of, engine, init: 'systemd', libvirts, kept: false })
    try {
      if (peers.some(({ name }) => name === 'docker compose')) await placeCompose(host, COMPOSE_PROGRAM)
      save([], { [`${of} ${engine} ${cgroups}`]: await factsOf(host, engine) })
      rows.push(...(await runOn(host, engine, of)))
      await clear(host, engine)
    } finally {
      await host.down()
    }
  }
  process.stdout.write(`${table(rows)}\n`)
  // Anneal must lose no guest; what others lose is what the table is for.
  return rows.some((row) => row.error !== undefined || (row.peer === 'anneal' && lost(row) > 0)) ? 1 : 0
}

async function runOn(host: ComputeHost, engine: NestedEngine, of: Suite): Promise<readonly Row[]> {
  const rows: Row[] = []
  const stage = { host, engine, boots: 'kernel' as const, libvirts: LIBVIRT_TAGS[of] }
  for (const placement of placements) {
    for (const peer of peers.filter((one) => one.engine === engine)) {
      const row: Row = { ...(await runPeer(stage, of, placement, peer)), cgroups }
      rows.push(row)
      save([row], {})
      process.stderr.write(`${of} ${engine} ${placement.name} ${peer.name}: ${JSON.stringify(row)}\n`)
    }
  }
  return rows
}

function lost({ there, back }: PeerCell): number {
  return [there, back].filter((act) => act !== undefined && act.guest !== 'lives').length
}

function resultsFile(): string {
  return join(labDirectory(), 'peers.json')
}

function load(): Results {
  if (!existsSync(resultsFile())) return { schema: 'anneal.peers/1', hosts: {}, rows: [] }
  return JSON.parse(readFileSync(resultsFile(), 'utf8')) as Results
}

/** A row that was run again replaces the earlier one. */
function save(rows: readonly Row[], hosts: Readonly<Record<string, string>>): void {
  const before = load()
  const keyOf = (row: Row): string =>
    [SUITES.indexOf(row.suite), row.cgroups, row.engine, row.placement, row.peer].join(' ')
  const byKey = new Map([...before.rows, ...rows].map((row) => [keyOf(row), row]))
  const results: Results = {
    schema: 'anneal.peers/1',
    hosts: { ...before.hosts, ...hosts },
    rows: [...byKey.values()],
  }
  mkdirSync(labDirectory(), { recursive: true })
  writeFileSync(`${resultsFile()}.new`, `${JSON.stringify(results, undefined, 2)}\n`)
  renameSync(`${resultsFile()}.new`, resultsFile())
}

function table(rows: readonly Row[]): string {
  const head =
    '| suite | cgroups | engine | guest lies | replaced by | guest | API away | packets lost | longest tick gap | the new libvirt sees it | way back: guest, API away |'
  const order = (row: Row): string =>
    [
      SUITES.indexOf(row.suite),
      row.cgroups,
      row.engine,
      placements.findIndex(({ name }) => name === row.placement),
    ].join(' ')
  const lines = rows
    .toSorted((a, b) => (order(a) < order(b) ? -1 : order(a) > order(b) ? 1 : 0))
    .map((row) => {
      const { there, back } = row
      const where = row.predicted === 'dies' ? 'below the container' : 'outside of it'
      const cells =
        there === undefined || row.error !== undefined
          ? [`not measured: ${row.error?.split('\n')[0] ?? ''}`, '', '', '', '', '']
          : [...actCells(there), back === undefined ? '' : `${back.guest}, ${back.outageMs} ms`]
      return `| ${[row.suite, row.cgroups, row.engine, where, row.peer, ...cells].join(' | ')} |`
    })
  return [head, head.replaceAll(/[^|]+/g, ' --- '), ...lines].join('\n')
}

function actCells({
  guest,
  words,
  outageMs,
  packetsLost,
  packetsSent,
  longestTickGapMs,
  seen,
}: Act): readonly string[] {
  const away = guest === 'lives'
  return [
    `${guest === 'lives' ? 'lives' : `**${guest}**`}${words === '' ? '' : ` (${words})`}`,
    `${outageMs.toFixed(0)} ms`,
    away ? `${packetsLost} of ${packetsSent}` : '',
    away ? `${longestTickGapMs.toFixed(0)} ms` : '',
    away ? (seen ? 'yes' : '**no**') : '',
  ]
}

function writeDocs(): void {
  const { hosts, rows } = load()
  const text = readFileSync(DOCS, 'utf8')
  const [start, end] = MARKS
  const at = text.indexOf(start)
  const until = text.indexOf(end, at)
  if (at < 0 || until < 0) throw new Error(`${DOCS} has no "${start}" that ends with "${end}"`)
  const dates = rows.map((row) => row.at.slice(0, 10)).toSorted()
  const lines = [
    `Run on ${[...new Set([dates[0], dates.at(-1)])].join(' to ')}:`,
    '',
    ...Object.entries(hosts).map(([host, facts]) => `- ${host}: ${facts}`),
    '',
    table(rows),
  ].join('\n')
  writeFileSync(DOCS, `${text.slice(0, at)}${start}\n\n${lines}\n\n${text.slice(until)}`)
}
