import { judgeEnding, sameProcess, started, workloadOfService } from '../../../node/index.ts'
import type { Census, Container, Guest, GuestEnding, Plan, ProcessTable, Run } from '../../../node/index.ts'
import type { Domain, NodeWorld } from '../../../ports/index.ts'
import { guestLives, logDirectories } from '../survey/guest-lives.ts'
import { expendableContainers } from './check-node.ts'
import type { Sides } from './side.ts'

export type EndingsQuestion = Readonly<{
  /** Guests whose processes are gone, and when they were last seen. */
  gone: readonly Guest[]
  seenAt: number | undefined
  /** Who runs now. */
  present: Census['guests']
  /** What the libvirt that runs now says. */
  domains: readonly Domain[] | undefined
  containers: readonly Container[]
}>

/** Gathers what witnesses say of guests that are gone, and judges who ended them. Reads only. */
export async function endingsOf(
  world: NodeWorld,
  run: Run,
  sides: Sides,
  question: EndingsQuestion,
): Promise<readonly GuestEnding[]> {
  const { gone, seenAt, present, domains, containers } = question
  if (gone.length === 0) return []
  const directories = logDirectories(containersOf(run.plan, containers))
  const expendable = expendableContainers(run.plan, sides)
  const computeSince = computeStartedAt(run, sides, containers)
  const endings: GuestEnding[] = []
  for (const guest of gone) {
    const domain = domains?.find(({ uuid }) => uuid === guest.uuid)
    const killSets = run.check?.killSets.filter(({ doomed }) =>
      doomed.some(({ pid }) => pid === guest.identity.pid),
    )
    endings.push(
      judgeEnding(guest, {
        seenAt,
        lives: await guestLives(world, directories, guest.name),
        domain: domain === undefined ? undefined : { state: domain.state, reason: domain.reason },
        killedWith: (killSets ?? []).map(({ containerName }) => ({
          container: containerName,
          expendable: expendable.includes(containerName),
        })),
        computeSince,
        restartedAs: present.find(({ uuid }) => uuid === guest.uuid)?.identity.pid,
      }),
    )
  }
  return endings
}

/** Those of `guests` whose processes are gone. */
export function goneOf(guests: readonly Guest[], { processes }: ProcessTable): readonly Guest[] {
  return guests.filter(({ identity }) => !processes.some((process) => sameProcess(process, identity)))
}

function containersOf(plan: Plan, containers: readonly Container[]): readonly Container[] {
  const names = new Set([
    ...plan.actions.flatMap((one) => (one.action === 'add' ? [] : [one.old.containerName])),
    ...started(plan).map(({ newName }) => newName),
  ])
  return containers.filter(({ name }) => names.has(name))
}

/** The new compute service may end guests as soon as this run has started it. */
function computeStartedAt(run: Run, sides: Sides, containers: readonly Container[]): number | undefined {
  const services = sides.next.release?.services.filter(
    (service) => workloadOfService(service).role === 'compute',
  )
  const names = started(run.plan).flatMap(({ service, newName }) =>
    services?.some(({ name }) => name === service) === true ? [newName] : [],
  )
  const since = containers
    .filter(({ name }) => names.includes(name))
    .map(({ startedAt }) => (startedAt === undefined ? Number.NaN : Date.parse(startedAt)))
    // One that ran before, and is to be used again, says when it ran before.
    .filter((at) => at >= (run.check?.takenAt ?? Number.NEGATIVE_INFINITY))
  return since.length === 0 ? undefined : Math.min(...since)
}
