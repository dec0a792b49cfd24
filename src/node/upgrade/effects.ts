import type { EffectOf } from '../../saga/index.ts'
import type { Supervisor } from '../owners/index.ts'
import type { Dependency } from '../release/index.ts'
import type { DeployedService, Plan } from './plan.ts'
import { started, stopped } from './plan.ts'
import type { WorkingState } from './states.ts'

/**
 * What the runtime can be asked to do. Arguments are JSON; each effect is idempotent, so that the one under way when
 * the power went can be repeated. The comment on each names its key (what makes two of them the same) and its undo.
 */
export type EffectArgs = {
  /** Key: image. Undo: none needed, an image more harms nobody. */
  pullImage: { service: string; image: string }
  /** Reads the node; changes nothing. */
  check: { afterRescue: boolean }
  /** Key: the guests of the last check. Undo: none, a guest outside its container is better off. */
  rescue: Record<string, never>
  /**
   * Counts guests and domains once more right before libvirt stops: one that was shut down since the check is not
   * missed afterwards. Reads; changes nothing, and counts nothing once libvirt has stopped.
   */
  recount: Record<string, never>
  /**
   * Counts the guests that are alive when the way back begins, once: the old release is held to them and not to those
   * that were lost, or ended by their tenants, before. Reads; changes nothing.
   */
  countBack: Record<string, never>
  /** Key: container name. Undo: removeContainer. */
  createContainer: { service: string; name: string }
  /** Key: container name. Undo: none; fills the new libvirt's capability cache so that its start is short. */
  prewarm: { service: string; name: string }
  /**
   * Key: unit. Undo: rearmUnit. A drop-in keeps the unit of an adopted container from starting it, restarting it and
   * stopping it, whoever asks for it; the unit itself goes on. One file: it is there or it is not.
   */
  disarmUnit: { service: string; unit: string }
  /** Key: unit. Undo: disarmUnit. Takes the drop-in away and, with `start`, has the unit watch the container again. */
  rearmUnit: { service: string; unit: string; start: boolean }
  /** Key: container name. Undo: arm. From here on a reboot brings up nothing by itself. */
  disarm: { service: string; name: string }
  /**
   * Key: container name. Undo: startContainer. Computes the kill set once more right before; with `refuse` an
   * endangered guest fails the effect untouched, with `rescue` it is moved first.
   */
  stopContainer: { service: string; name: string; graceMs: number; guard: 'refuse' | 'rescue' }
  /**
   * Key: container name. Undo: stopContainer. Starts the new libvirt's container beside the old one where its image says
   * that it then waits for it: the engine's part of a start leaves the outage. Nothing where status files must change
   * hands in between, or where the image does not say so.
   */
  standBy: { service: string; name: string }
  /** Key: direction. Undo: the opposite. Makes libvirt's status files readable for the release that starts next. */
  handOver: { to: 'new' | 'old' }
  /** Key: container name. Undo: stopContainer. */
  startContainer: { service: string; name: string; of: 'new' | 'old' }
  /** Reads; changes nothing. */
  awaitReady: { service: string; name: string; of: 'new' | 'old' }
  /** Reads; changes nothing. */
  prove: { of: 'new' | 'old' }
  /** Key: container name. Undo: disarm. */
  arm: { service: string; name: string; of: 'new' | 'old' }
  /** The commit point: one file, written, synced and renamed. Undo: another upgrade. */
  commit: Record<string, never>
  /** Key: container name. Undo: none; never removes a container that the current or previous release refers to. */
  removeContainer: { name: string }
  /** Key: none. Undo: none. Only where a node is given back: the file that the commit wrote names no release any more. */
  forget: Record<string, never>
  /** Removes releases older than the previous one, except what a live guest runs from. */
  prune: Record<string, never>
}

export type EffectKind = keyof EffectArgs
export type Effect = EffectOf<EffectArgs>

/** The effects of a state, in order. The same list is printed by the dry run and followed by the run. */
export function effectsOf(state: WorkingState, plan: Plan): readonly Effect[] {
  const starts = started(plan)
  const stops = stopped(plan)
  switch (state) {
    case 'fetching':
      return uniqueImages(plan).map(({ service, image }) => ({ kind: 'pullImage', args: { service, image } }))
    case 'checking':
      return [{ kind: 'check', args: { afterRescue: false } }]
    case 'rescuing':
      return [
        { kind: 'rescue', args: {} },
        { kind: 'check', args: { afterRescue: true } },
      ]
    case 'creating':
      return [
        ...starts.map(({ service, newName }): Effect => ({
          kind: 'createContainer',
          args: { service, name: newName },
        })),
        ...starts
          .filter(({ service }) => service === plan.hypervisor)
          .map(({ service, newName }): Effect => ({ kind: 'prewarm', args: { service, name: newName } })),
      ]
    case 'switching':
      return [
        ...stops.flatMap((old) => disarmUnits(old)),
        ...stops.map((old) => disarm(old)),
        ...stopAll(plan, stops),
        handOver('new'),
        ...startAll(plan),
      ]
    case 'proving':
      return [{ kind: 'prove', args: { of: 'new' } }]
    case 'committing':
      return [...commitNew(plan), ...rearmNew(plan), ...clearUp(plan)]
    case 'abandoning':
      return removeNew(plan)
    case 'rollingBack':
      return [
        { kind: 'countBack', args: {} },
        ...stopNew(plan),
        handOver('old'),
        ...startOld(stops.toReversed()),
      ]
    case 'provingBack':
      return [{ kind: 'prove', args: { of: 'old' } }, ...removeNew(plan)]
    case 'rollingForward':
      // There is no way back, so the new release is what a reboot has to bring up, ready or not.
      return [
        ...stops.map((old) => stopOld(old)),
        handOver('new'),
        ...commitNew(plan),
        ...startAll(plan),
        ...rearmNew(plan),
        { kind: 'prove', args: { of: 'new' } },
        ...clearUp(plan),
      ]
  }
}

function uniqueImages(plan: Plan): { service: string; image: string }[] {
  const seen = new Map<string, { service: string; image: string }>()
  for (const { service, next } of started(plan)) {
    if (!seen.has(next.image)) seen.set(next.image, { service, image: next.image })
  }
  return [...seen.values()]
}

function disarm(old: DeployedService): Effect {
  return { kind: 'disarm', args: { service: old.name, name: old.containerName } }
}

/** Before anything stops: a unit with Restart= would start its container again. */
function disarmUnits(old: DeployedService): Effect[] {
  return (old.supervisors ?? []).map(({ unit }) => ({
    kind: 'disarmUnit',
    args: { service: old.name, unit },
  }))
}

function rearmUnits(service: string, supervisors: readonly Supervisor[] = []): Effect[] {
  return supervisors.map(({ unit, ran }) => ({ kind: 'rearmUnit', args: { service, unit, start: ran } }))
}

/** After the commit: until then a reboot brings up nothing by itself. */
function rearmNew(plan: Plan): Effect[] {
  return started(plan).flatMap(({ service, next }) => rearmUnits(service, next.supervisors))
}

function stopOld(old: DeployedService): Effect {
  return {
    kind: 'stopContainer',
    args: { service: old.name, name: old.containerName, graceMs: old.stopGraceMs, guard: 'refuse' },
  }
}

/** The stops; before the one that takes libvirt away the next one stands by, and guests are counted once more. */
function stopAll(plan: Plan, stops: readonly DeployedService[]): Effect[] {
  const recount: Effect = { kind: 'recount', args: {} }
  const at = Math.max(
    0,
    stops.findIndex((old) => old.name === plan.hypervisor),
  )
  const effects = stops.map((old) => stopOld(old))
  if (stops.length === 0) return []
  return [...effects.slice(0, at), ...standBy(plan, stops), recount, ...effects.slice(at)]
}

/** Only where libvirt is the last to stop and the first to start: what it depends on is then there all the time. */
function standBy(plan: Plan, stops: readonly DeployedService[]): Effect[] {
  const first = started(plan)[0]
  if (first === undefined || first.service !== plan.hypervisor) return []
  if (stops.at(-1)?.name !== plan.hypervisor) return []
  return [{ kind: 'standBy', args: { service: first.service, name: first.newName } }]
}

function handOver(to: 'new' | 'old'): Effect {
  return { kind: 'handOver', args: { to } }
}

function startAll(plan: Plan): Effect[] {
  const services = started(plan).map(({ service, next, newName }) => {
    const args = { service, name: newName, of: 'new' } as const
    return { name: service, dependsOn: next.dependsOn, args }
  })
  return inOrder(services, ({ args }) => [{ kind: 'awaitReady', args }])
}

function commitNew(plan: Plan): Effect[] {
  const arms = started(plan).map(({ service, newName }): Effect => ({
    kind: 'arm',
    args: { service, name: newName, of: 'new' },
  }))
  return [{ kind: 'commit', args: {} }, ...arms]
}

/** The last of a run that has committed. What was given back is not Anneal's to keep. */
function clearUp({ forgets }: Plan): Effect[] {
  return [...(forgets === true ? [{ kind: 'forget', args: {} } as const] : []), { kind: 'prune', args: {} }]
}

function stopNew(plan: Plan): Effect[] {
  return started(plan)
    .toReversed()
    .map(({ service, next, newName }): Effect => ({
      kind: 'stopContainer',
      args: { service, name: newName, graceMs: next.stopGraceMs, guard: 'rescue' },
    }))
}

function startOld(olds: readonly DeployedService[]): Effect[] {
  const services = olds.map((old) => {
    const { name, dependsOn, supervisors } = old
    const args = { service: name, name: old.containerName, of: 'old' } as const
    return { name, dependsOn, args, supervisors }
  })
  return inOrder(services, ({ args, supervisors }) => [
    { kind: 'awaitReady', args },
    { kind: 'arm', args },
    ...rearmUnits(args.service, supervisors),
  ])
}

type Starting = Readonly<{
  name: string
  dependsOn: readonly Dependency[] | undefined
  args: EffectArgs['startContainer']
}>

/**
 * Starts services in their order. Each waits until those before it are ready, except where it says of one that its
 * start is enough (Compose's `service_started`): the two then become ready side by side.
 */
function inOrder<T extends Starting>(services: readonly T[], ready: (service: T) => Effect[]): Effect[] {
  const effects: Effect[] = []
  let unready: readonly T[] = []
  for (const service of services) {
    const waits = (before: T): boolean =>
      service.dependsOn?.find((one) => one.service === before.name)?.condition !== 'started'
    effects.push(...unready.filter(waits).flatMap(ready), { kind: 'startContainer', args: service.args })
    unready = [...unready.filter((before) => !waits(before)), service]
  }
  return [...effects, ...unready.flatMap(ready)]
}

function removeNew(plan: Plan): Effect[] {
  return started(plan).map(({ newName }): Effect => ({ kind: 'removeContainer', args: { name: newName } }))
}
