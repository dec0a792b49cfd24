/**
 * The fault matrix of pods: on a containerd of each suite, with guests in every place, ask Anneal who would die with a
 * container or a pod, then end it by the CRI, and compare. See docs/matrix-pods.md.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { scriptArguments } from '../../../scripts/script-arguments.ts'
import {
  KUBERNETES_VERSION,
  bareRuntime,
  inContainerdTree,
  inKubernetesTree,
  labDirectory,
  run,
} from '../../../lab/index.ts'
import { KUBELET_CAUSES, POD_CAUSES } from './causes.ts'
import { PID_MODES } from './pod.ts'
import { keyOf, report } from './report.ts'
import type { PodBed, PodResults } from './report.ts'

const SUITES = ['bookworm', 'trixie', 'sid'] as const
const HELP = `npm run matrix:pods -- [--suite SUITE] [--cgroups machine|v1|v2] [--runtime runc|crun] [--driver cgroupfs|systemd] [--mode MODE] [--cause CAUSE] [--kubelet] [--docs]
  each may be given more than once; without them, everything that runs on this machine
  suites:  ${SUITES.join(', ')}
  driver:  cgroupfs: in a tree of the suite, on the machine; systemd: the same with the suite's systemd as first process
  modes:   ${Object.keys(PID_MODES).join(', ')}
  causes:  ${POD_CAUSES.map(({ name }) => name).join(', ')}
  --kubelet  pods are made and removed by a kubelet, which is built where it is missing (minutes); its cause: ${KUBELET_CAUSES.map(({ name }) => name).join(', ')}
  --docs   run nothing; write the tables of the last runs into docs/matrix-pods.md
`
const DOCS = join(import.meta.dirname, '../../../docs/matrix-pods.md')
const RESULTS = join(labDirectory(), 'matrix-pods.json')
const ON_HOST = join(import.meta.dirname, 'on-host.ts')
const TIMEOUT_MS = 3_600_000

/**
 * The kubelet of Debian speaks a CRI that containerd 2 no longer serves, and takes no cgroup v2 without memory and CPU. crun refuses a hybrid layout whose v2 has controllers; without that v2 it runs, and runc has nothing new there. systemd brings
 * v2 back, and from 258 on it knows no other.
 */
function canRun({ suite, cgroups, driver, runtime, kubelet }: PodBed): boolean {
  if (kubelet !== undefined && (suite === 'sid' || cgroups === 'v2' || driver === 'systemd')) return false
  if (cgroups === 'machine') return runtime === 'runc' && (driver === 'cgroupfs' || suite !== 'sid')
  return cgroups === 'v2' || (runtime === 'crun' && driver === 'cgroupfs')
}

const list = { type: 'string', multiple: true } as const
const { values } = scriptArguments({
  options: {
    suite: list,
    cgroups: list,
    runtime: list,
    driver: list,
    mode: list,
    cause: list,
    kubelet: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
    help: { type: 'boolean', short: 'h', default: false },
  },
})

if (values.help) process.stdout.write(HELP)
else if (values.docs) writeDocs()
else process.exitCode = await main()

async function main(): Promise<number> {
  const beds = chosen(SUITES, values.suite).flatMap((suite) =>
    chosen(['machine', 'v1', 'v2'] as const, values.cgroups).flatMap((cgroups) =>
      chosen(['cgroupfs', 'systemd'] as const, values.driver).flatMap((driver) =>
        chosen(['runc', 'crun'] as const, values.runtime).map((runtime) => ({
          suite,
          cgroups,
          driver,
          runtime,
          ...(values.kubelet && { kubelet: KUBERNETES_VERSION }),
        })),
      ),
    ),
  )
  let failed = false
  for (const bed of beds.filter(canRun)) {
    process.stderr.write(`${keyOf(bed)}\n`)
    const result = await runBed(bed)
    failed ||= result.cells.some(({ verdict }) => verdict === 'FALSE SAFE')
    save(bed, result)
    process.stderr.write(`${report([result])}\n`)
  }
  return failed ? 1 : 0
}

async function runBed(bed: PodBed): Promise<PodResults['beds'][number]> {
  const flags = [
    `--driver=${bed.driver}`,
    ...(values.mode ?? []).map((mode) => `--mode=${mode}`),
    ...(values.cause ?? []).map((cause) => `--cause=${cause}`),
  ]
  const runtime = bed.cgroups === 'v2' ? bareRuntime(bed.runtime) : bed.runtime
  const tree = bed.kubelet === undefined ? undefined : await inKubernetesTree(bed.suite, bed.cgroups)
  const program = [
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    ON_HOST,
    '--runtime',
    runtime,
    ...flags,
    ...(tree === undefined ? [] : ['--kubelet', join(tree.programs, 'kubelet')]),
  ]
  const init = bed.driver === 'systemd' ? 'systemd' : 'none'
  const at = new Date().toISOString()
  const entry = tree?.entry ?? (await inContainerdTree(bed.suite, bed.cgroups, init))
  const { exitCode, stdout, stderr } = await run([...entry, ...program], { timeoutMs: TIMEOUT_MS })
  const [facts = {}, ...cells] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as never)
  return {
    bed,
    at,
    facts,
    cells,
    ...(exitCode === 0 ? {} : { stopped: /^\w*Error: .*$/m.exec(stderr)?.[0] ?? stderr.trim().slice(-500) }),
  }
}

function load(): PodResults {
  if (!existsSync(RESULTS)) return { beds: [] }
  return JSON.parse(readFileSync(RESULTS, 'utf8')) as PodResults
}

/** A later run of a bed replaces an earlier one. */
function save(bed: PodBed, result: PodResults['beds'][number]): void {
  mkdirSync(labDirectory(), { recursive: true })
  const others = load().beds.filter((one) => keyOf(one.bed) !== keyOf(bed))
  const beds = [...others, result].toSorted((a, b) => keyOf(a.bed).localeCompare(keyOf(b.bed)))
  writeFileSync(RESULTS, `${JSON.stringify({ beds }, undefined, 1)}\n`)
}

function writeDocs(): void {
  const [start, end] = ['<!-- table: npm run matrix:pods -- --docs -->', '<!-- end of table -->']
  const text = readFileSync(DOCS, 'utf8')
  const [before = '', rest = ''] = text.split(start)
  const after = rest.slice(rest.indexOf(end))
  writeFileSync(DOCS, `${before}${start}\n\n${report(load().beds)}\n\n${after}`)
}

function chosen<T extends string>(known: readonly T[], wanted: readonly string[] | undefined): readonly T[] {
  return wanted === undefined ? known : known.filter((one) => wanted.includes(one))
}
