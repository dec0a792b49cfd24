import { LABELS, breachesAtRest, runningJobs } from '../../node/index.ts'
import type { Breach, Container, Deployment, Finding, Guest, StateName } from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { knownOf, loadSide, replay, settledSurvey } from '../../runtime/node/index.ts'

export type ServiceStatus = Readonly<{
  service: string
  container: string
  image: string
  /** Of the container; `gone` where the engine does not know it. */
  status: Container['status'] | 'gone'
  health: NonNullable<Container['health']> | 'none'
}>

export type GuestStatus = Readonly<{
  name: string
  uuid: string
  pid: number
  /** As libvirt says; `unknown` where it does not answer. */
  state: string
  runsFromRelease: string | undefined
  witnesses: Guest['witnesses']
  /** What libvirt is doing with it. */
  work: readonly string[]
}>

export type NodeStatus = Readonly<{
  /** Id of the release that the node is on, and of the one before it. */
  release: string | undefined
  previous: string | undefined
  project: string | undefined
  /** A run that was interrupted, and the state it was in. */
  unfinished: Readonly<{ run: string; state: StateName }> | undefined
  services: readonly ServiceStatus[]
  guests: readonly GuestStatus[]
  helpers: readonly Readonly<{ kind: string; name: string; pid: number }>[]
  /** What is not as a node at rest should be. */
  breaches: readonly Breach[]
  /** Where libvirt, its files and the processes disagree. */
  findings: readonly Finding[]
}>

const WATCH_INTERVAL_MS = 2000

/** Which release runs, its services and guests, and whether the node is at rest. Changes nothing, and takes no lock. */
export async function statusOf(world: NodeWorld): Promise<NodeStatus> {
  const { current, previous } = await world.state.readDeployments()
  const side = await loadSide(world.state, current?.releaseId)
  const run = replay(await world.state.readJournal())
  const question = { stopping: [], cause: 'stop', ...knownOf(side) } as const
  const { seen, domains, dissent } = await settledSurvey(world, question, side.libvirt)
  const jobs = runningJobs(seen.statusFiles)
  return {
    release: current?.releaseId,
    previous: previous?.releaseId,
    project: current?.project,
    unfinished: run !== undefined && !run.ended ? { run: run.run, state: run.state.state } : undefined,
    services: (current?.services ?? []).map((service) => {
      const container = seen.containers.find((candidate) => candidate.name === service.containerName)
      return {
        service: service.name,
        container: service.containerName,
        image: service.image,
        status: container?.status ?? 'gone',
        health: container?.health ?? 'none',
      }
    }),
    guests: seen.census.guests.map((guest) => ({
      name: guest.name,
      uuid: guest.uuid,
      pid: guest.identity.pid,
      state: domains?.find((domain) => domain.uuid === guest.uuid)?.state ?? 'unknown',
      runsFromRelease: guest.ownerRelease,
      witnesses: guest.witnesses,
      work: jobs.filter((job) => job.guest === guest.name).map(({ work }) => work),
    })),
    helpers: seen.census.helpers.map(({ kind, name, identity: { pid } }) => ({ kind, name, pid })),
    breaches: breachesAtRest(current, ofProject(seen.containers, current, previous)),
    findings: dissent,
  }
}

/** Calls `onStatus` with the status every two seconds, until the signal. The first call comes at once. */
export async function watchStatus(
  world: NodeWorld,
  onStatus: (status: NodeStatus) => void,
  signal: AbortSignal,
): Promise<void> {
  do {
    onStatus(await statusOf(world))
    await world.clock.sleep(WATCH_INTERVAL_MS, signal)
  } while (!signal.aborted)
}

function ofProject(
  containers: readonly Container[],
  current: Deployment | undefined,
  previous: Deployment | undefined,
): readonly Container[] {
  const known = new Set(
    [current, previous].flatMap((one) => one?.services.map((service) => service.containerName) ?? []),
  )
  // Without a release nothing on the node is Anneal's.
  const project = current?.project ?? previous?.project
  return containers.filter(
    ({ name, labels }) => known.has(name) || (project !== undefined && labels[LABELS.project] === project),
  )
}
