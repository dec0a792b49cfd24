import type { Container } from '../container.ts'
import { containerName } from '../release/index.ts'
import type { Supervisor } from '../owners/index.ts'
import type { Dependency } from '../release/index.ts'

/** What planning needs of a service of a release. A `Release` (node/release) satisfies it. */
export type PlannedService = Readonly<{
  name: string
  /** Digest over everything that makes a container of it differ. */
  digest: string
  /** Pinned image reference. */
  image: string
  /** `when-idle`: kept, even if changed, while a guest needs a process of it. */
  replace: 'always' | 'when-idle'
  stopGraceMs: number
  restart: Container['restartPolicy']
  /** Absent where it is not known: it then starts once every service before it is ready. */
  dependsOn?: readonly Dependency[]
  /** Units that keep an adopted container running. Only where a plan goes back to it. */
  supervisors?: readonly Supervisor[]
}>

/** A release as the planner sees it: services in start order (dependencies first). */
export type PlannedRelease = Readonly<{
  id: string
  project: string
  libvirt: Readonly<{ service: string }> | undefined
  services: readonly PlannedService[]
}>

/** A release on the node: which container runs each service. */
export type Deployment = Readonly<{
  releaseId: string
  project: string
  /** Services in start order. */
  services: readonly DeployedService[]
}>

const ADOPTED = 'adopted:'

/** In place of the digest of a definition, which a container that was found has not. */
export function adoptedDigest(containerId: string): string {
  return `${ADOPTED}${containerId}`
}

/** Whether its container can be created once more: from its release, or by the unit that made the container it was adopted from. */
export function canBeMadeAgain({ digest, supervisors = [] }: DeployedService): boolean {
  return !digest.startsWith(ADOPTED) || supervisors.some(({ makes }) => makes === true)
}

export type DeployedService = Readonly<{
  name: string
  digest: string
  image: string
  containerId: string
  containerName: string
  stopGraceMs: number
  restart: Container['restartPolicy']
  /** As of a planned service. */
  dependsOn?: readonly Dependency[]
  /** Units that keep an adopted container running. */
  supervisors?: readonly Supervisor[]
}>

/** What happens to one service. */
export type ServiceAction =
  /** A new container takes over from the old one. */
  | Readonly<{
      action: 'replace'
      service: string
      old: DeployedService
      next: PlannedService
      newName: string
    }>
  /** The service is new in this release. */
  | Readonly<{ action: 'add'; service: string; next: PlannedService; newName: string }>
  /** The service is no longer part of the release: its container is stopped and kept for a rollback. */
  | Readonly<{ action: 'remove'; service: string; old: DeployedService }>
  /** Unchanged, or held because a guest needs a process of it. The container goes on. */
  | Readonly<{ action: 'keep'; service: string; old: DeployedService; because: 'unchanged' | 'guestsNeedIt' }>

/**
 * What an upgrade will do: data that prints, and that the run follows to the letter.
 * Everything about the node's moment (census, kill sets) is in the check, which is repeated when the plan is applied.
 */
export type Plan = Readonly<{
  /** Digest of the rest. */
  id: string
  kind: 'upgrade' | 'rollback'
  project: string
  fromReleaseId: string | undefined
  toReleaseId: string
  /** The service whose libvirt runs the guests, where the release has one. */
  hypervisor: string | undefined
  /** In start order of the new release; removed services last. */
  actions: readonly ServiceAction[]
  /** Move endangered guests before the switch instead of refusing. */
  rescue: boolean
  /**
   * What a failed switch does. `rollBack` is only planned where the old libvirt was shown to read what the new one
   * writes (or nothing was there before); otherwise the run is refused unless the person chose `rollForward`.
   */
  onFailure: 'rollBack' | 'rollForward'
  /** The node is given back: once the run has committed, Anneal knows no release any more. */
  forgets?: true
}>

export type PlanOptions = Readonly<{
  kind: Plan['kind']
  rescue: boolean
  onFailure: Plan['onFailure']
  /** Services of which a running guest needs a process now (virtlogd with open console pipes). */
  neededByGuests: readonly string[]
  /** The release before the current one: its stopped containers are used again where they fit. */
  previous: Deployment | undefined
  forgets?: true
}>

export function makePlan(
  current: Deployment | undefined,
  next: PlannedRelease,
  options: PlanOptions,
  digest: (plan: Omit<Plan, 'id'>) => string,
): Plan {
  const actions = [
    ...next.services.map((service) => actionFor(current, next, service, options)),
    ...removals(current, next, options),
  ]
  const plan: Omit<Plan, 'id'> = {
    kind: options.kind,
    project: next.project,
    fromReleaseId: current?.releaseId,
    toReleaseId: next.id,
    hypervisor: next.libvirt?.service,
    actions,
    rescue: options.rescue,
    onFailure: options.onFailure,
    ...(options.forgets === true ? { forgets: true } : {}),
  }
  return { id: digest(plan), ...plan }
}

function actionFor(
  current: Deployment | undefined,
  next: PlannedRelease,
  service: PlannedService,
  options: PlanOptions,
): ServiceAction {
  const old = current?.services.find((candidate) => candidate.name === service.name)
  const kept = options.previous?.services.find(
    (candidate) => candidate.name === service.name && candidate.digest === service.digest,
  )
  const newName = kept?.containerName ?? containerName(next.project, service.name, next.id)
  if (old === undefined) return { action: 'add', service: service.name, next: service, newName }
  if (old.digest === service.digest) {
    return { action: 'keep', service: service.name, old, because: 'unchanged' }
  }
  if (service.replace === 'when-idle' && options.neededByGuests.includes(service.name)) {
    return { action: 'keep', service: service.name, old, because: 'guestsNeedIt' }
  }
  return { action: 'replace', service: service.name, old, next: service, newName }
}

function removals(
  current: Deployment | undefined,
  next: PlannedRelease,
  options: PlanOptions,
): ServiceAction[] {
  const gone = (current?.services ?? []).filter(
    (old) => !next.services.some((service) => service.name === old.name),
  )
  return gone.map((old) =>
    options.neededByGuests.includes(old.name)
      ? { action: 'keep', service: old.name, old, because: 'guestsNeedIt' }
      : { action: 'remove', service: old.name, old },
  )
}

/** The containers that stop in the switch, in stop order: dependents first. */
export function stopped(plan: Plan): readonly DeployedService[] {
  return plan.actions
    .flatMap((one) => (one.action === 'replace' || one.action === 'remove' ? [one.old] : []))
    .toReversed()
}

/** The services whose new containers start in the switch, in start order. */
export function started(
  plan: Plan,
): readonly Readonly<{ service: string; next: PlannedService; newName: string }>[] {
  return plan.actions.flatMap((one) => (one.action === 'replace' || one.action === 'add' ? [one] : []))
}

/** Nothing to do: every service is kept. */
export function isNoop(plan: Plan): boolean {
  return plan.actions.every((one) => one.action === 'keep')
}
