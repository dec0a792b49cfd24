/**
 * The blind test of the kill set: nodes made at random, with real engines and real QEMUs that run no guest, are asked
 * about; then what they were asked about is done to them. See docs/matrix.md.
 */
import { scriptArguments } from '../../../scripts/script-arguments.ts'
import { DEFAULT_SUITE, Host, SUITES, ensurePackages, imageReference } from '../../../lab/index.ts'
import type { NestedEngine, Suite } from '../../../lab/index.ts'
import { factsOf } from '../bed.ts'
import { describe } from './judge.ts'
import { ACTS, generate } from './node-arbitrary.ts'
import { runRound } from './round.ts'
import type { Outcome } from './round.ts'
import type { Numbered } from './script.ts'

const HELP = `npm run matrix:blind -- [--count N] [--seed S] [--engine docker|podman] [--init plain|systemd] [--suite SUITE] [--cgroups v2|legacy] [--only INDEX]
  --count, --seed   how many nodes, made from which seed (200, 1)
  --engine, --init  what runs them; each may be given more than once (default: each)
  --suite           Debian release of the hosts (default: bookworm)
  --cgroups         v2: hosts with cgroup v2. legacy: without the unified hierarchy (plain hosts). Default: the machine's own
  --runtime         runc or crun: what Podman runs containers with (default: the host's)
  --at-once         how many nodes are there at a time (10)
  --only            one node of the series, by its number
`

const IMAGE = 'nova-libvirt:bookworm'

const { values } = scriptArguments({
  options: {
    count: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    engine: { type: 'string', multiple: true, default: ['docker', 'podman'] },
    init: { type: 'string', multiple: true, default: ['plain', 'systemd'] },
    suite: { type: 'string', default: DEFAULT_SUITE },
    cgroups: { type: 'string' },
    runtime: { type: 'string' },
    'at-once': { type: 'string', default: '10' },
    only: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

const suite = SUITES.find((one) => one === values.suite)
const count = Number(values.count)
const seed = Number(values.seed)
const atOnce = Number(values['at-once'])
if (values.help) process.stdout.write(HELP)
else if (suite === undefined || !(count > 0 && atOnce > 0) || !Number.isSafeInteger(seed)) {
  process.stderr.write(HELP)
  process.exitCode = 2
} else process.exitCode = await main(suite)

async function main(on: Suite): Promise<number> {
  await ensurePackages()
  const all = generate(count, seed).map((node, index): Numbered => ({ index, node }))
  const wanted = values.only === undefined ? all : all.filter(({ index }) => index === Number(values.only))
  const engines = (['docker', 'podman'] as const).filter((one) => values.engine.includes(one))
  const inits = (['plain', 'systemd'] as const).filter((one) => values.init.includes(one))
  const stages = engines.flatMap((engine) => inits.map((init) => ({ engine, init })))
  const outcomes: Outcome[] = []
  // The nodes go round the kinds of hosts, so that each of them has its share. One engine runs beside the other.
  const lots = stages.map((stage, position) => ({
    ...stage,
    nodes: values.only === undefined ? wanted.filter((_, at) => at % stages.length === position) : wanted,
  }))
  const runEngine = async (engine: NestedEngine): Promise<void> => {
    for (const { init, nodes } of lots.filter((lot) => lot.engine === engine)) {
      if (nodes.length > 0) outcomes.push(...(await onHost(on, engine, init, nodes)))
    }
  }
  await Promise.all(engines.map(runEngine))
  const of = (verdict: Outcome['verdict']) => outcomes.filter((one) => one.verdict === verdict).length
  process.stdout.write(
    `${outcomes.length} nodes of seed ${seed}: ${of('agree')} agree, ${of('FALSE SAFE')} false safe, ${of('false alarm')} false alarm, ${of('nobody to lose')} with nobody to lose, ${of('ERROR')} in error\n`,
  )
  return of('FALSE SAFE') + of('ERROR') === 0 ? 0 : 1
}

async function onHost(
  on: Suite,
  engine: NestedEngine,
  init: 'plain' | 'systemd',
  nodes: readonly Numbered[],
): Promise<readonly Outcome[]> {
  const v2 = values.cgroups === 'v2'
  const host = await Host.up({
    name: `blind-${on}-${values.cgroups ?? 'own'}-${engine}-${init}`,
    suite: on,
    init,
    engine,
    ...(v2 ? { cgroups: 'v2' as const } : {}),
    images: [IMAGE],
  })
  const outcomes: Outcome[] = []
  try {
    if (values.cgroups === 'legacy') await host.must(['umount', '/sys/fs/cgroup/unified'])
    const runtime = values.runtime ?? (engine === 'podman' && init === 'plain' && !v2 ? 'runc' : undefined)
    if (runtime !== undefined && engine === 'podman') {
      await host.sh(
        `mkdir -p /etc/containers/containers.conf.d; printf '[engine]\\nruntime = "${runtime}"\\n' >/etc/containers/containers.conf.d/runtime.conf`,
      )
    }
    process.stderr.write(`${engine} on ${init}: ${await factsOf(host, engine)}\n`)
    const format = engine === 'docker' ? '{{.CgroupDriver}}' : '{{.Host.CgroupManager}}'
    const driver = (await host.must([engine, 'info', '--format', format])).trim()
    const parent = driver === 'systemd' ? 'blindparent.slice' : '/blind-parent'
    const stage = { host, engine, image: imageReference(IMAGE), parent }
    // Nodes with the same lot together: each round then asks once.
    const sorted = nodes.toSorted((a, b) => ACTS.indexOf(a.node.act) - ACTS.indexOf(b.node.act))
    for (let at = 0; at < sorted.length; at += atOnce) {
      const round = await runRound(stage, sorted.slice(at, at + atOnce))
      for (const outcome of round) {
        process.stderr.write(
          `${outcome.verdict.padEnd(14)} ${outcome.index} ${engine} ${init}: ${describe(outcome.node)}${outcome.why.map((why) => `\n    ${why}`).join('')}\n`,
        )
      }
      outcomes.push(...round)
    }
  } finally {
    await host.down()
  }
  return outcomes
}
