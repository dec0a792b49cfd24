import { imageReference, virsh, waitForPing, watchLife } from '../../lab/index.ts'
import type { ComputeHost, NestedEngine } from '../../lab/index.ts'
import { anneal } from './anneal.ts'
import type { Verdict } from './cell.ts'
import { predict } from './cell.ts'
import { CONTAINER, bringUp, clear, fateOf } from './guest.ts'
import type { LiveGuest } from './guest.ts'
import type { Stage } from './bed.ts'
import type { Placement } from './placements.ts'

/** What Anneal itself did with a placement: it must refuse or keep the guest, and nothing else. */
export type UpgradeCell = Readonly<{
  kind: 'upgrade'
  engine: NestedEngine
  placement: string
  predicted: 'lives' | 'dies' | '?'
  /** What `anneal node upgrade` did, step by step. */
  steps: readonly string[]
  happened: 'lives' | 'dies' | 'stuck' | '?'
  verdict: Verdict
  /** Pings of the guest during the upgrade (and the rollback), every 10 ms; absent in earlier results, and of a boot sector. */
  packets?: Packets
  seconds: number
  at: string
}>

export type Packets = Readonly<{ sent: number; lost: number }>

export type Way = 'there' | 'there and back'

export const FILE = '/run/lab-matrix.locked.yaml'
/** Going on is safe either way; a failed switch is to show itself, not to be undone. */
export const FLAGS = ['--adopt', `libvirt=${CONTAINER}`, '--on-failure', 'roll-forward']

export async function runUpgradeCell(stage: Stage, placement: Placement, way: Way): Promise<UpgradeCell> {
  const { host, engine } = stage
  const started = performance.now()
  const steps: string[] = []
  const base = { kind: 'upgrade', engine, placement: placement.name } as const
  const ended = () => ({
    seconds: Math.round((performance.now() - started) / 100) / 10,
    at: new Date().toISOString(),
  })
  try {
    await clear(host, engine)
    const guest = await bringUp(stage, placement)
    await host.sh(`cat >${FILE}`, { input: await lockedRelease(stage) })
    if (placement.rescued) {
      const { exitCode } = await anneal(host, engine, ['node', 'rescue', CONTAINER])
      steps.push(`rescue: exit ${exitCode}`)
    }
    const { dies } = await predict(host, engine, guest, 'stop')
    // The plan knows more than the kill set: also the libvirt that comes next can be a guest's end.
    const plan = await anneal(host, engine, ['node', 'plan', FILE, ...FLAGS])
    steps.push(`plan: exit ${plan.exitCode}`)
    if (dies && plan.exitCode !== 3)
      throw new Error(`the plan does not refuse: ${plan.stderr.trim().slice(-500)}`)
    const result = await upgradeEitherWay(host, engine, placement, guest, plan.exitCode === 3, steps)
    if (way === 'there and back' && result.verdict === 'agree' && !placement.without.includes('host pid')) {
      const [back, { packets: behind }] = await watched(host, guest, () =>
        rollBack(host, engine, guest, steps),
      )
      Object.assign(result, back, together(result.packets, behind))
    }
    return { ...base, predicted: dies ? 'dies' : 'lives', steps, ...result, ...ended() }
  } catch (error) {
    steps.push(error instanceof Error ? error.message : String(error))
    return { ...base, predicted: '?', steps, happened: '?', verdict: 'ERROR', ...ended() }
  }
}

async function upgradeEitherWay(
  host: ComputeHost,
  engine: NestedEngine,
  placement: Placement,
  guest: LiveGuest,
  endangered: boolean,
  steps: string[],
): Promise<Pick<UpgradeCell, 'happened' | 'verdict' | 'packets'>> {
  if (endangered) {
    // Refused, and nothing touched: the same container runs, and so does the guest.
    const before = await identity(host, engine)
    const first = await upgrade(host, engine, [])
    steps.push(`upgrade: exit ${first.exitCode}`)
    const happened = await fateOf(host, guest)
    if (happened !== 'lives') return { happened, verdict: 'LOST BY ANNEAL' }
    if (first.exitCode !== 3) throw new Error(`exit 3 was expected: ${first.stderr.trim().slice(-1500)}`)
    if ((await identity(host, engine)) !== before) throw new Error('a refused upgrade touched the container')
    steps.push('nothing touched')
  }
  const [last, packets] = await watched(host, guest, () =>
    upgrade(host, engine, endangered ? ['--rescue'] : []),
  )
  steps.push(`upgrade${endangered ? ' --rescue' : ''}: exit ${last.exitCode}`)
  const happened = await fateOf(host, guest)
  if (happened !== 'lives') {
    steps.push(lastWords(last.stderr))
    return { happened, verdict: 'LOST BY ANNEAL' }
  }
  // A pid namespace cannot be left: there even --rescue must refuse.
  const expected = placement.without.includes('host pid') ? 3 : 0
  if (last.exitCode !== expected) {
    steps.push(`exit ${expected} was expected: ${lastWords(last.stderr)}`)
    return { happened, verdict: 'ERROR' }
  }
  if (expected === 0) {
    await seenRunning(host, engine, guest)
    steps.push('the new libvirt sees it running')
  }
  return { happened, verdict: 'agree', ...packets }
}

/** What an act gives, and what the guest's network lost meanwhile, where it has one. */
async function watched<T>(
  host: ComputeHost,
  guest: LiveGuest,
  act: () => Promise<T>,
): Promise<readonly [T, Readonly<{ packets?: Packets }>]> {
  if (guest.life === undefined) return [await act(), {}]
  await waitForPing(host, guest.life.address)
  const results: T[] = []
  const seen = await watchLife(host, guest.name, guest.life, async () => results.push(await act()))
  return [results[0] as T, { packets: { sent: seen.packetsSent, lost: seen.packetsLost } }]
}

function together(a: Packets | undefined, b: Packets | undefined): Readonly<{ packets?: Packets }> {
  if (a === undefined || b === undefined) return {}
  return { packets: { sent: a.sent + b.sent, lost: a.lost + b.lost } }
}

/** To the container that was started by hand. */
async function rollBack(
  host: ComputeHost,
  engine: NestedEngine,
  guest: LiveGuest,
  steps: string[],
): Promise<Pick<UpgradeCell, 'happened' | 'verdict'>> {
  const { exitCode, stderr } = await anneal(host, engine, ['node', 'rollback'])
  steps.push(`rollback: exit ${exitCode}`)
  const happened = await fateOf(host, guest)
  if (happened !== 'lives') {
    steps.push(lastWords(stderr))
    return { happened, verdict: 'LOST BY ANNEAL' }
  }
  if (exitCode !== 0) {
    steps.push(`exit 0 was expected: ${lastWords(stderr)}`)
    return { happened, verdict: 'ERROR' }
  }
  await seenRunning(host, engine, guest)
  steps.push('the old libvirt sees it running')
  return { happened, verdict: 'agree' }
}

function lastWords(stderr: string): string {
  return stderr
    .trim()
    .split('\n')
    .slice(-3)
    .map((line) => line.trim())
    .join(' / ')
}

function upgrade(host: ComputeHost, engine: NestedEngine, flags: readonly string[]) {
  return anneal(host, engine, ['node', 'upgrade', FILE, ...FLAGS, ...flags])
}

async function identity(host: ComputeHost, engine: NestedEngine): Promise<string> {
  return host.must([engine, 'inspect', '--format', '{{.Id}} {{.State.Pid}} {{.State.StartedAt}}', CONTAINER])
}

/** Through the container that runs now, whatever its name. */
export async function seenRunning(host: ComputeHost, engine: NestedEngine, guest: LiveGuest): Promise<void> {
  const [via = ''] = (await host.must([engine, 'ps', '--quiet'])).split('\n')
  const state = await virsh(host, via, ['domstate', guest.uuid], { engine })
  if (state.stdout.trim() !== 'running') {
    throw new Error(`the new libvirt sees the guest as "${state.stdout.trim()}${state.stderr.trim()}"`)
  }
}

/** The shipped arrangement of libvirt, of the next version, pinned to the image that this engine holds. */
export async function lockedRelease({ host, engine, libvirts }: Stage): Promise<string> {
  const inspected = await host.must([
    engine,
    'image',
    'inspect',
    '--format',
    '{{.Id}}',
    imageReference(`nova-libvirt:${libvirts.next}`),
  ])
  const id = `sha256:${inspected.trim().replace(/^sha256:/, '')}`
  const binds = [
    '/sys/fs/cgroup',
    '/run/libvirt',
    '/run/dbus',
    '/var/lib/libvirt',
    '/etc/libvirt/qemu',
    '/var/log/libvirt',
    '/var/lib/nova',
    '/var/cache/libvirt',
    '/dev',
  ]
  return `name: matrix
x-anneal:
  libvirt: { service: libvirt, socket: /run/libvirt/libvirt-sock, stateDir: /run/libvirt }
services:
  libvirt:
    image: ${id}
    command: [libvirtd]
    privileged: true
    network_mode: host
    pid: host
    cgroup: host
    restart: unless-stopped
    environment: { STDIO_HANDLER: file }
    volumes:
${binds.map((path) => `      - ${path}:${path}`).join('\n')}
    stop_grace_period: 20s
    x-anneal:
      ready:
        - libvirt:
          timeout: 90s
`
}
