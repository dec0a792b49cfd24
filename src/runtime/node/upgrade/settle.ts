import type { Container, ProofFailure } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

/**
 * How long a service has to stay up before its release is committed, where the release does not say. Docker counts a start
 * as one after the same time.
 */
const SETTLE_MS = 10_000
/** How often the services are looked at meanwhile. */
const LOOK_MS = 1000

export type Settling = Readonly<{
  service: string
  container: string
  settleMs: number | undefined
  /** It was there before the switch: whether its healthcheck failed already is nothing that the release did. */
  isKept?: boolean
}>

export type Settled = Readonly<{
  /** Who did not stay up. */
  failures: readonly ProofFailure[]
  /** Whether anybody was waited for: what was looked at before may have changed since. */
  waited: boolean
}>

/**
 * Waits until each service has stayed up for its time, or its healthcheck has passed. One that ends, starts again or turns
 * unhealthy meanwhile fails at once: a restart policy that brings it back does not make it work.
 */
export async function settle(world: NodeWorld, services: readonly Settling[]): Promise<Settled> {
  const began = world.clock.monotonic()
  let first: ReadonlyMap<string, Container> | undefined
  for (let waited = false; ; waited = true) {
    const containers = new Map((await world.engine.listContainers({})).map((one) => [one.name, one]))
    first ??= containers
    const watched = services.map((one) => ({
      ...one,
      now: containers.get(one.container),
      before: first?.get(one.container),
    }))
    const fallen = watched.filter((one) => hasFallen(one))
    if (fallen.length > 0) {
      const failures = await Promise.all(fallen.map((one) => failureOf(world, one)))
      return { failures, waited }
    }
    // A clock that is set back meanwhile does not make it longer.
    const left = watched.map(({ now, settleMs = SETTLE_MS }) =>
      Math.min(missingMs(world, now, settleMs), began + settleMs - world.clock.monotonic()),
    )
    const leftMs = Math.max(0, ...left)
    if (leftMs === 0) return { failures: [], waited }
    await world.clock.sleep(Math.min(leftMs, LOOK_MS))
  }
}

type Watched = Settling & Readonly<{ now: Container | undefined; before: Container | undefined }>

function hasFallen({ now, before, isKept }: Watched): boolean {
  if (now?.status !== 'running' || now.startedAt !== before?.startedAt) return true
  return now.health === 'unhealthy' && !(isKept === true && before?.health === 'unhealthy')
}

function missingMs(world: NodeWorld, container: Container | undefined, settleMs: number): number {
  if (container?.startedAt === undefined || container.health === 'healthy') return 0
  return settleMs - (world.clock.now() - Date.parse(container.startedAt))
}

async function failureOf(
  world: NodeWorld,
  { service, container, now }: Settling & Readonly<{ now: Container | undefined }>,
): Promise<ProofFailure> {
  const output = await world.engine.logs(container, 10).catch(() => '')
  const lines = output.trim() === '' ? '' : `\n${output.trim()}`
  return {
    code: 'SERVICE_NOT_READY',
    subject: service,
    detail: `service "${service}" did not stay up: ${stateOf(now)}${lines}`,
  }
}

function stateOf(now: Container | undefined): string {
  if (now === undefined) return 'its container is gone'
  if (now.status === 'running')
    return now.health === 'unhealthy' ? 'its healthcheck fails' : 'it ended and was started again'
  return now.status === 'exited' || now.status === 'dead'
    ? `it exited with code ${now.exitCode ?? 'unknown'}`
    : `its container is ${now.status}`
}
