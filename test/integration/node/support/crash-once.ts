/**
 * Runs on a host of the test bed: one upgrade in which something is killed, the recovery, and what is then.
 *
 *     node crash-once.ts '{"victim":"tool","at":7,"file":"/etc/anneal/a.locked.yaml","guest":{…}}'
 *
 * Anneal prints a line for each entry of its journal once that is on disk. At the `at`-th the victim gets SIGKILL.
 * Everything happens in here, as entering a host costs more than most of it. Prints a CrashResult as JSON.
 */
import { execFile, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'

export type CrashOrder = Readonly<{
  victim: 'none' | 'tool' | 'dockerd' | 'shim'
  /** Counts from 1; beyond the last entry nothing is killed. */
  at: number
  file: string
  guest: Readonly<{ name: string; pid: number; tickFile: string }>
}>

export type Done = Readonly<{ exitCode: number; value: unknown; stderr: string }>

export type CrashResult = Readonly<{
  /** The journal's entries up to the end of the upgrade: `intended stopContainer libvirt`, … */
  boundaries: readonly string[]
  /** The entry behind which the victim was killed. */
  killedAfter: string | undefined
  upgrade: Readonly<{
    exitCode: number | null
    signal: string | null
    outcome: string | undefined
    stderr: string
  }>
  recoveries: readonly Done[]
  status: Done
  history: Done
  containers: readonly Readonly<{ name: string; state: string; libvirt: boolean }>[]
  /** Of the current and the previous release, as the state directory has them. */
  referred: readonly string[]
  /** Field 22 of /proc/PID/stat; empty where the process is gone. */
  guestStartTime: string
  /** Ticks within the last look, at most 20 s. */
  ticked: number
  domstate: string
  seconds: number
}>

const ANNEAL = '/opt/anneal/anneal'
const UPGRADE_DEADLINE_MS = 150_000

const run = promisify(execFile)

async function done(program: string, argv: readonly string[]): Promise<Done & { stdout: string }> {
  const options = { timeout: UPGRADE_DEADLINE_MS, maxBuffer: 64 << 20 }
  try {
    const { stdout, stderr } = await run(program, [...argv], options)
    return { exitCode: 0, value: parsed(stdout), stdout, stderr }
  } catch (error) {
    const failed = error as { code?: number | string; stdout?: string; stderr?: string }
    const { stdout = '', stderr = String(error) } = failed
    return {
      exitCode: typeof failed.code === 'number' ? failed.code : -1,
      value: parsed(stdout),
      stdout,
      stderr,
    }
  }
}

function parsed(text: string): unknown {
  return text.trim().startsWith('{') ? (JSON.parse(text) as unknown) : undefined
}

async function anneal(...words: readonly string[]): Promise<Done> {
  const { exitCode, value, stderr } = await done(ANNEAL, [...words, '--json'])
  return { exitCode, value, stderr }
}

async function upgrade(
  order: CrashOrder,
): Promise<Pick<CrashResult, 'boundaries' | 'killedAfter' | 'upgrade'>> {
  const child = spawn(ANNEAL, ['node', 'upgrade', order.file, '--progress=jsonl', '--json'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<Readonly<{ code: number | null; signal: string | null }>>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  const deadline = setTimeout(() => child.kill('SIGKILL'), UPGRADE_DEADLINE_MS)
  const output: string[] = []
  child.stdout.setEncoding('utf8').on('data', (text: string) => output.push(text))
  const boundaries: string[] = []
  const said: string[] = []
  let killedAfter: string | undefined
  let killed: Promise<void> | undefined
  for await (const line of createInterface({ input: child.stderr })) {
    said.push(line)
    const boundary = boundaryIn(line)
    if (boundary === undefined) continue
    boundaries.push(boundary)
    if (boundaries.length !== order.at) continue
    killedAfter = boundary
    killed = kill(order.victim, child.pid ?? 0)
  }
  const { code, signal } = await ended
  clearTimeout(deadline)
  await killed
  const report = parsed(output.join('')) as { outcome?: string } | undefined
  const stderr = said.slice(-6).join('\n')
  return { boundaries, killedAfter, upgrade: { exitCode: code, signal, outcome: report?.outcome, stderr } }
}

type ProgressLine = Readonly<{
  event?: string
  data?: Readonly<{ kind?: string; args?: { service?: string }; event?: { type: string }; state?: string }>
}>

function boundaryIn(line: string): string | undefined {
  if (!line.startsWith('{')) return undefined
  const { event = '', data = {} } = JSON.parse(line) as ProgressLine
  if (event === 'planned') return event
  if (event === 'intended') return [event, data.kind, data.args?.service].filter(Boolean).join(' ')
  if (event === 'happened') return `${event} ${data.event?.type} → ${data.state}`
  return event === 'ended' ? `${event} ${data.state}` : undefined
}

async function kill(victim: CrashOrder['victim'], tool: number): Promise<void> {
  switch (victim) {
    case 'none':
      return
    case 'tool':
      process.kill(tool, 'SIGKILL')
      return
    case 'dockerd':
      process.kill(Number(readFileSync('/run/docker.pid', 'utf8')), 'SIGKILL')
      return
    case 'shim':
      process.kill(await shimOfLibvirt(), 'SIGKILL')
  }
}

/** The parent of a libvirt container's first process: its containerd-shim. */
async function shimOfLibvirt(): Promise<number> {
  const { stdout } = await done('docker', ['ps', '--quiet', '--filter', 'label=io.anneal.service=libvirt'])
  const [id = ''] = stdout.trim().split('\n')
  const state = await done('docker', ['inspect', '--format', '{{.State.Pid}}', id])
  const shim = Number(
    /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${state.stdout.trim()}/status`, 'utf8'))?.[1],
  )
  if (!/containerd-shim/.test(readFileSync(`/proc/${shim}/cmdline`, 'latin1')))
    throw new Error(`pid ${shim} is no shim`)
  return shim
}

async function engineUp(): Promise<void> {
  for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(200)) {
    await done('systemctl', ['reset-failed', 'docker.service'])
    await done('systemctl', ['start', 'docker.service'])
    if ((await done('docker', ['info'])).exitCode === 0) return
  }
  throw new Error('docker.service does not come back')
}

function startTimeOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return state === 'Z' ? '' : (rest[18] ?? '')
  } catch {
    return ''
  }
}

function ticksIn(file: string): number {
  return readFileSync(file, 'latin1').split('\n').length
}

async function ticking(file: string): Promise<number> {
  const before = ticksIn(file)
  for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(50)) {
    const ticked = ticksIn(file) - before
    if (ticked >= 3) return ticked
  }
  return ticksIn(file) - before
}

const order = JSON.parse(process.argv[2] ?? '{}') as CrashOrder
const startedAt = performance.now()
const crashed = await upgrade(order)
if (order.victim === 'dockerd' || order.victim === 'shim') await engineUp()
const recoveries = [await anneal('node', 'recover'), await anneal('node', 'recover')]
const status = await anneal('node', 'status')
const history = await anneal('node', 'history')
const label = '{{.Label "io.anneal.service"}}'
const list = await done('docker', ['ps', '--all', '--format', `{{.Names}} {{.State}} ${label}`])
const containers = list.stdout
  .split('\n')
  .filter(Boolean)
  .map((line) => line.split(' '))
  .map(([name = '', state = '', service]) => ({ name, state, libvirt: service === 'libvirt' }))
const libvirt = containers.find((container) => container.libvirt && container.state === 'running')
const domstate = await done('docker', ['exec', libvirt?.name ?? '', 'virsh', 'domstate', order.guest.name])
type Side = Readonly<{ services: readonly Readonly<{ containerName: string }>[] }>
const deployments = JSON.parse(readFileSync('/var/lib/anneal/deployments.json', 'utf8')) as Readonly<{
  current?: Side
  previous?: Side
}>
const result: CrashResult = {
  ...crashed,
  recoveries,
  status,
  history: { ...history, value: undefined },
  containers,
  referred: [deployments.current, deployments.previous].flatMap(
    (side) => side?.services.map(({ containerName }) => containerName) ?? [],
  ),
  guestStartTime: startTimeOf(order.guest.pid),
  ticked: await ticking(order.guest.tickFile),
  domstate: `${domstate.stdout}${domstate.exitCode === 0 ? '' : domstate.stderr}`.trim(),
  seconds: (performance.now() - startedAt) / 1000,
}
process.stdout.write(JSON.stringify(result))
