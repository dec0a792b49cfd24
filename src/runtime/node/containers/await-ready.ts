import type { LibvirtPlace, ReadyProbe } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'

/** How long a started container is watched where its release names no probe. */
const DEFAULT_TIMEOUT_MS = 60_000
const INTERVAL_MS = 20

export type ReadyQuestion = Readonly<{
  service: string
  name: string
  probes: readonly ReadyProbe[]
  libvirt: LibvirtPlace | undefined
  signal: AbortSignal
}>

/**
 * Waits until a service is up: its container runs, its healthcheck (if it has one) is not failing, and every probe of
 * the release holds. Throws SERVICE_NOT_READY with the last lines of its output. A service that exits fails at once.
 */
export async function awaitReady(world: NodeWorld, question: ReadyQuestion): Promise<void> {
  const { clock } = world
  const probes = effectiveProbes(question)
  for (const probe of probes) {
    const deadline = clock.monotonic() + probe.timeoutMs
    for (let polls = 0; ; polls += 1) {
      if (await holds(world, question, probe)) break
      // Asking the engine costs more than most probes: only every so often.
      if (polls % 10 === 0) await throwIfExited(world, question)
      if (clock.monotonic() >= deadline) {
        throw await notReady(
          world,
          question,
          `${describe(probe)} not reached within ${probe.timeoutMs / 1000} s`,
        )
      }
      await clock.sleep('intervalMs' in probe ? probe.intervalMs : INTERVAL_MS)
    }
  }
  await throwIfExited(world, question)
}

type EffectiveProbe = ReadyProbe | Readonly<{ kind: 'running'; timeoutMs: number }>

function effectiveProbes(question: ReadyQuestion): readonly EffectiveProbe[] {
  if (question.probes.length > 0) return question.probes
  if (question.libvirt?.service === question.service) {
    return [
      {
        kind: 'libvirt',
        socket: question.libvirt.socket,
        timeoutMs: DEFAULT_TIMEOUT_MS,
        intervalMs: INTERVAL_MS,
      },
    ]
  }
  return [{ kind: 'running', timeoutMs: DEFAULT_TIMEOUT_MS }]
}

async function holds(world: NodeWorld, question: ReadyQuestion, probe: EffectiveProbe): Promise<boolean> {
  switch (probe.kind) {
    case 'running':
      return (await world.engine.inspectContainer(question.name))?.status === 'running'
    case 'libvirt':
      return answers(world, { service: question.service, socket: probe.socket, stateDir: '' })
    case 'exec': {
      const container = await world.engine.inspectContainer(question.name)
      if (container?.status !== 'running') return false
      const result = await world.engine.exec(container.id, probe.argv, { timeoutMs: probe.timeoutMs })
      return result.exitCode === 0
    }
    case 'unix':
      return world.net.unix(probe.path, 1000)
    case 'tcp':
      return world.net.tcp(probe.host, probe.port, 1000)
    case 'log':
      return startedSaying(world, question.name, probe.text)
  }
}

/** Only what it said since it started: an old container that is started again has said it before. */
async function startedSaying(world: NodeWorld, name: string, text: string): Promise<boolean> {
  const container = await world.engine.inspectContainer(name)
  if (container?.startedAt === undefined) return false
  return (await world.engine.logs(container.id, 1000, container.startedAt)).includes(text)
}

async function answers(world: NodeWorld, place: LibvirtPlace): Promise<boolean> {
  try {
    await world.hypervisor(place).ping(2000)
    return true
  } catch {
    return false
  }
}

async function throwIfExited(world: NodeWorld, question: ReadyQuestion): Promise<void> {
  const container = await world.engine.inspectContainer(question.name)
  if (container === undefined)
    throw raise('CONTAINER_MISSING', { name: question.name, service: question.service })
  if (container.status === 'exited' || container.status === 'dead') {
    throw await notReady(world, question, `it exited with code ${container.exitCode ?? 'unknown'}`)
  }
  if (container.health === 'unhealthy') throw await notReady(world, question, 'its healthcheck fails')
}

async function notReady(world: NodeWorld, question: ReadyQuestion, state: string): Promise<Error> {
  const output = await world.engine.logs(question.name, 10).catch(() => '')
  const lines = output.trim() === '' ? '' : `\n${output.trim()}`
  return raise('SERVICE_NOT_READY', { service: question.service, state: `${state}${lines}` })
}

function describe(probe: EffectiveProbe): string {
  switch (probe.kind) {
    case 'running':
      return 'running container'
    case 'libvirt':
      return `libvirt at ${probe.socket}`
    case 'exec':
      return `exit code 0 of ${probe.argv.join(' ')}`
    case 'unix':
      return `socket ${probe.path}`
    case 'tcp':
      return `${probe.host}:${probe.port}`
    case 'log':
      return `output "${probe.text}"`
  }
}
