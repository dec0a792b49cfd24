import { LABELS, prove, started, takeCensus } from '../../../node/index.ts'
import type { Guest, GuestEnding, Proof } from '../../../node/index.ts'
import { sizes } from './sizes.ts'
import { domainsOf } from '../survey/settled-survey.ts'
import type { ExecutorContext } from './executors.ts'
import { endingsOf, goneOf } from './guest-endings.ts'
import { settle } from './settle.ts'
import type { Settling } from './settle.ts'

/** How long a proof waits for what is only late: consoles, service probes, libvirt's own list. */
const PROOF_PATIENCE_MS = 15_000

/**
 * What only needs a moment is waited for; a dead guest is said at once. The services of a new release then have to stay up
 * for a while: libvirt answers meanwhile, so this is no part of the outage. The old release did not have to, before.
 */
export async function takeProof(of: 'new' | 'old', context: ExecutorContext): Promise<Proof> {
  const proof = await proveSoon(of, context)
  if (!proof.ok || of === 'old') return proof
  const { failures, waited } = await settle(context.world, settling(context))
  if (failures.length > 0) return { ...proof, ok: false, failures }
  return waited ? proveSoon(of, context) : proof
}

/** All that must run, with the time that the release gives it. */
function settling({ plan, sides }: ExecutorContext): readonly Settling[] {
  return plan.actions.flatMap((one) => {
    if (one.action === 'remove') return []
    const [service, container] =
      one.action === 'keep' ? [one.old.name, one.old.containerName] : [one.service, one.newName]
    const settleMs = sides.next.release?.services.find(({ name }) => name === service)?.settleMs
    return [{ service, container, settleMs, isKept: one.action === 'keep' }]
  })
}

async function proveSoon(of: 'new' | 'old', context: ExecutorContext): Promise<Proof> {
  const { world } = context
  const patientUntil = world.clock.monotonic() + PROOF_PATIENCE_MS
  for (;;) {
    const patient = world.clock.monotonic() < patientUntil
    const { proof, over } = await lookOnce(of, context, patient ? 'not yet' : 'now')
    // libvirt may not have written down yet why a guest has ended.
    const hopeless =
      proof.ended?.some(({ kind }) => kind === 'unknown') !== true &&
      proof.failures.some(
        ({ code }) => code === 'GUEST_DIED' || code === 'GUEST_CHANGED' || code === 'HELPER_DIED',
      )
    if (proof.ok || hopeless || over || !patient) return proof
    await world.clock.sleep(200)
  }
}

type Look = Readonly<{
  proof: Proof
  /** A service has ended that nobody starts again. */
  over: boolean
}>

/** `askWriters`: whether to look who writes the consoles, which costs a reading of all descriptors. */
async function lookOnce(
  of: 'new' | 'old',
  context: ExecutorContext,
  askWriters: 'now' | 'not yet',
): Promise<Look> {
  const { world, plan, sides } = context
  const { check, back } = context.run()
  const { bootId } = await world.host.facts()
  const heldTo = check === undefined || of === 'new' || back === undefined ? check : { ...check, ...back }
  // After a reboot the guests of the census are gone for a reason that is not this run's.
  const before = heldTo?.bootId === bootId ? heldTo : undefined
  const side = of === 'new' ? sides.next : sides.old
  const [table, domains, containers, consoles] = await Promise.all([
    world.processes.table(),
    domainsOf(world, side.libvirt),
    world.engine.listContainers({}),
    sizes(world, Object.keys(before?.growingConsoles ?? {})),
  ])
  const present = takeCensus({ table, statusFiles: [], containers, declared: [] }).guests
  const ask = (guests: readonly Guest[], seenAt: number | undefined): Promise<readonly GuestEnding[]> =>
    endingsOf(world, context.run(), sides, {
      gone: goneOf(guests, table),
      seenAt,
      present,
      domains,
      containers,
    })
  // Of those who were gone when the way back began the old libvirt may know more than the new one did.
  const counted = new Set(before?.census.guests.map(({ identity }) => identity.pid))
  const earlier =
    before === undefined
      ? []
      : (check?.census.guests.filter(({ identity }) => !counted.has(identity.pid)) ?? [])
  const endings = [
    ...(await ask(before?.census.guests ?? [], before?.takenAt)),
    ...(await ask(earlier, check?.takenAt)),
  ]
  const oldNames = plan.actions.flatMap((one) =>
    one.action === 'replace' || one.action === 'remove' ? [one.old.containerName] : [],
  )
  const newNames = started(plan).map((one) => one.newName)
  const kept = plan.actions.flatMap((one) => (one.action === 'keep' ? [one.old.containerName] : []))
  const wanted = [...kept, ...(of === 'new' ? newNames : oldNames)]
  const unwanted = of === 'new' ? oldNames : newNames
  const running = new Set(
    containers.filter((container) => container.status === 'running').map((container) => container.name),
  )
  const proof = prove(before, {
    table,
    domains,
    present,
    endings,
    hasHypervisor: side.libvirt !== undefined,
    services: wanted.map((name) => {
      const container = containers.find((candidate) => candidate.name === name)
      const unhealthy = container?.health === 'unhealthy'
      return {
        service: container?.labels[LABELS.service] ?? name,
        container: name,
        ready: running.has(name) && !unhealthy,
        detail:
          container === undefined ? 'its container is gone' : unhealthy ? 'unhealthy' : container.status,
      }
    }),
    consoles,
    ...(askWriters === 'now'
      ? { writtenConsoles: await world.processes.writtenFiles(Object.keys(consoles)) }
      : {}),
    strangers: unwanted.filter((name) => running.has(name) && !wanted.includes(name)),
  })
  const over = containers.some(
    ({ name, status, restartPolicy }) =>
      wanted.includes(name) && (status === 'exited' || status === 'dead') && restartPolicy === 'no',
  )
  return { proof, over }
}
