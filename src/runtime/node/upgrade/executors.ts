import { isAnnealError } from '../../../core/index.ts'
import { LABELS, MECHANISMS, started, stopped } from '../../../node/index.ts'
import type {
  DeployedService,
  Deployment,
  Effect,
  EffectArgs,
  Plan,
  Run,
  RunEvent,
  Service,
} from '../../../node/index.ts'
import type { NodeWorld, PullProgress } from '../../../ports/index.ts'
import { awaitReady } from '../containers/await-ready.ts'
import { createDisarmed } from '../containers/create-disarmed.ts'
import { ensureContainer, startOrCreate } from '../containers/ensure-container.ts'
import {
  checkNode,
  declaredHelpers,
  disarmed,
  expendableContainers,
  placesOf,
  reattaching,
  touched,
} from './check-node.ts'
import { countAgain, countBack } from './count-guests.ts'
import { raise } from '../errors.ts'
import { describeStore, isImageId } from './image-id.ts'
import { handOver, keepStatusFiles } from './hand-over.ts'
import { rearmUnit } from '../containers/rearm-unit.ts'
import { holdsGuestFile, pruneContainers } from '../containers/prune-containers.ts'
import { rescueEndangered } from '../rescue/rescue-endangered.ts'
import { failedBy, runExecutor } from '../../saga/index.ts'
import type { Executors } from '../../saga/index.ts'
import type { Sides } from './side.ts'
import { standBy } from './stand-by.ts'
import { clearLeftBehind } from '../containers/start-container.ts'
import { survey } from '../survey/survey.ts'
import { takeProof } from './take-proof.ts'

export type ExecutorContext = Readonly<{
  world: NodeWorld
  plan: Plan
  sides: Sides
  /** The run as it stands: its check holds the census. */
  run: () => Run
  signal: AbortSignal
  onPull: (progress: PullProgress) => void
}>

const DONE: RunEvent = { type: 'effectDone' }

/** One executor for each effect; what makes each idempotent is said in EffectArgs. */
const EXECUTORS: Executors<EffectArgs, ExecutorContext, RunEvent> = {
  async pullImage({ image }, { world, plan, signal, onPull }) {
    const held = await world.engine.inspectImage(image)
    // A rollback starts containers that exist: it never pulls, whatever became of the image's name.
    if (held === undefined && plan.kind === 'upgrade') {
      // No registry is asked for an id.
      if (isImageId(image)) {
        throw raise('IMAGE_ID_UNKNOWN', { image, engine: describeStore(await world.engine.facts()) })
      }
      await world.engine.pullImage(image, { onProgress: onPull, signal })
    }
    return DONE
  },

  async check(_, { world, plan, sides }) {
    return { type: 'nodeChecked', report: await checkNode(world, plan, sides) }
  },

  async rescue(_, { world, plan, sides }) {
    await rescueEndangered(world, {
      stopping: touched(plan),
      cause: 'stop',
      places: placesOf(sides),
      helpers: declaredHelpers(sides),
      expendable: expendableContainers(plan, sides),
      disarming: disarmed(plan),
      reattaching: reattaching(plan, sides),
    })
    return DONE
  },

  async recount(_, context) {
    const { world, plan, sides } = context
    const old = stopped(plan).find((candidate) => candidate.name === plan.hypervisor)
    const container = old === undefined ? undefined : await world.engine.inspectContainer(old.containerName)
    // Once libvirt has stopped, who is missing is missed.
    if (container?.status !== 'running') return DONE
    const recounted = await countAgain(context)
    if (sides.old.libvirt !== undefined) await keepStatusFiles(world, plan, sides.old.libvirt)
    return recounted
  },

  async countBack(_, context) {
    const back = await countBack(context)
    return back === undefined ? DONE : { type: 'wayBackCounted', back }
  },

  async createContainer({ service, name }, { world, sides, plan }) {
    const existing = await world.engine.inspectContainer(name)
    // A rollback starts the very containers that ran before, adopted ones too.
    const fits =
      plan.kind === 'rollback' || existing?.labels[LABELS.serviceDigest] === digestOf(plan, service)
    if (existing !== undefined && fits) {
      await ensureContainer(world, sides.next, { name, service })
      return DONE
    }
    const release = sides.next.release
    if (release === undefined) throw raise('RELEASE_UNKNOWN', { release: plan.toReleaseId })
    await createDisarmed(world.engine, serviceOf(sides, 'new', service), release, name)
    return DONE
  },

  async prewarm({ service, name }, { world, sides }) {
    if (sides.next.libvirt?.service !== service) return DONE
    const container = await world.engine.inspectContainer(name)
    if (container === undefined) throw raise('CONTAINER_MISSING', { name, service })
    if (container.startedAt === undefined) await world.images.prewarm(container.id, container.imageId)
    return DONE
  },

  async disarmUnit({ unit }, { world }) {
    await world.units.disarm(unit)
    return DONE
  },

  async rearmUnit({ unit, start }, { world }) {
    await rearmUnit(world, { unit, ran: start })
    return DONE
  },

  async disarm({ name, service }, { world }) {
    const container = await world.engine.inspectContainer(name)
    if (container === undefined) throw raise('CONTAINER_MISSING', { name, service })
    // One that removes itself has no policy; the engine writes down here what it is.
    if (container.restartPolicy !== 'no' || container.autoRemove === true)
      await world.engine.armContainer(container.id, 'no')
    return DONE
  },

  async stopContainer({ name, graceMs, guard }, context) {
    const container = await context.world.engine.inspectContainer(name)
    if (container === undefined || container.status === 'created' || container.status === 'exited')
      return DONE
    await guardStop(name, guard, context)
    await context.world.engine.stopContainer(container.id, graceMs)
    return DONE
  },

  async standBy(args, { world, run, sides }) {
    await standBy(world, run(), sides, args)
    return DONE
  },

  async handOver({ to }, { world, run, sides }) {
    await handOver(world, run(), sides, to)
    return DONE
  },

  async startContainer({ name, service, of }, { world, sides }) {
    await startOrCreate(world, of === 'new' ? sides.next : sides.old, { name, service })
    return DONE
  },

  async awaitReady({ service, name, of }, { world, sides, signal }) {
    const side = of === 'new' ? sides.next : sides.old
    const probes = side.release?.services.find((candidate) => candidate.name === service)?.ready ?? []
    await awaitReady(world, { service, name, probes, libvirt: side.libvirt, signal })
    return DONE
  },

  async prove({ of }, context) {
    return { type: 'proofTaken', proof: await takeProof(of, context) }
  },

  async arm({ name, service, of }, { world, plan }) {
    const container = await world.engine.inspectContainer(name)
    if (container === undefined) throw raise('CONTAINER_MISSING', { name, service })
    const policy =
      of === 'new'
        ? started(plan).find((candidate) => candidate.service === service)?.next.restart
        : stopped(plan).find((candidate) => candidate.name === service)?.restart
    if (policy !== undefined && container.restartPolicy !== policy)
      await world.engine.armContainer(container.id, policy)
    return DONE
  },

  async commit(_, { world, plan, sides, run }) {
    const deployments = await world.state.readDeployments()
    if (deployments.current?.releaseId === plan.toReleaseId) return DONE
    const services: DeployedService[] = []
    for (const action of plan.actions) {
      if (action.action === 'keep') services.push(action.old)
      if (action.action === 'replace' || action.action === 'add') {
        // Forward, the commit comes before the start, and there is no way back to go instead.
        const goesForward = run().state === 'rollingForward'
        const side = goesForward ? sides.next : { release: undefined, libvirt: undefined }
        const { service, newName: name } = action
        const { container } = await ensureContainer(world, side, { name, service })
        services.push({
          name: service,
          digest: action.next.digest,
          image: action.next.image,
          containerId: container.id,
          containerName: container.name,
          stopGraceMs: action.next.stopGraceMs,
          restart: action.next.restart,
          ...(action.next.dependsOn === undefined ? {} : { dependsOn: action.next.dependsOn }),
          ...(action.next.supervisors === undefined ? {} : { supervisors: action.next.supervisors }),
        })
      }
    }
    const current: Deployment = { releaseId: plan.toReleaseId, project: plan.project, services }
    const found = deployments.current === undefined ? adoptedDeployment(plan) : undefined
    const adopted = found ?? deployments.adopted
    await world.state.writeDeployments({
      version: 1,
      current,
      previous: deployments.current ?? found,
      ...(adopted === undefined ? {} : { adopted }),
    })
    return DONE
  },

  async removeContainer({ name }, { world, plan, sides }) {
    const { current, previous, adopted } = await world.state.readDeployments()
    const kept = [current, previous, adopted].flatMap((deployment) => deployment?.services ?? [])
    const referred = [...kept, ...stopped(plan)]
    if (referred.some((service) => service.containerName === name)) return DONE
    const container = await world.engine.inspectContainer(name)
    if (container === undefined) return DONE
    // Kept, it is removed as soon as no guest names a file in it.
    if (await holdsGuestFile(world, container)) return DONE
    await clearLeftBehind(world, container.id, { places: placesOf(sides), helpers: declaredHelpers(sides) })
    await world.engine.removeContainer(container.id, { force: container.status === 'dead' })
    return DONE
  },

  async forget(_, { world }) {
    await world.state.writeDeployments({ version: 1, current: undefined, previous: undefined })
    return DONE
  },

  async prune(_, { world, plan }) {
    await pruneContainers(world, plan.project)
    return DONE
  },
}

/** Runs one effect; what goes wrong becomes an event, except what is wrong with the program itself. */
export async function execute(effect: Effect, context: ExecutorContext): Promise<RunEvent> {
  try {
    return await runExecutor(EXECUTORS, effect, context)
  } catch (error) {
    if (isAnnealError(error)) return failedBy(error)
    if (error instanceof Error && error.name === 'CrashSignal') throw error
    return {
      type: 'effectFailed',
      reason: {
        code: 'UNEXPECTED',
        message: `Cannot do ${effect.kind}: ${error instanceof Error ? error.message : String(error)}`,
        remedy: 'this is not an error that Anneal knows: please report it with the journal of this run',
      },
      retry: false,
    }
  }
}

function adoptedDeployment(plan: Plan): Deployment | undefined {
  const services = stopped(plan).toReversed()
  return plan.fromReleaseId === undefined
    ? undefined
    : { releaseId: plan.fromReleaseId, project: plan.project, services }
}

function digestOf(plan: Plan, service: string): string | undefined {
  return started(plan).find((candidate) => candidate.service === service)?.next.digest
}

function serviceOf(sides: Sides, of: 'new' | 'old', name: string): Service {
  const release = (of === 'new' ? sides.next : sides.old).release
  const service = release?.services.find((candidate) => candidate.name === name)
  if (service === undefined) throw raise('RELEASE_UNKNOWN', { release: `of service ${name}` })
  return service
}

/** The last look before a stop: a guest may have been started since the check. */
async function guardStop(name: string, guard: 'refuse' | 'rescue', context: ExecutorContext): Promise<void> {
  const { world, sides } = context
  const question = {
    stopping: [name],
    cause: 'stop',
    places: placesOf(sides),
    helpers: declaredHelpers(sides),
    expendable: expendableContainers(context.plan, sides),
    // Only the stop of the old libvirt hands the guests over to the new one.
    reattaching: isHypervisor(name, context.plan) ? reattaching(context.plan, sides) : undefined,
  } as const
  let seen = await survey(world, question)
  if (seen.endangered.length > 0 && (guard === 'rescue' || context.plan.rescue)) {
    await rescueEndangered(world, question)
    seen = await survey(world, question)
  }
  const first = seen.endangered[0]
  if (first === undefined) return
  const mechanism = first.mechanisms[0]
  throw raise('GUESTS_ENDANGERED', {
    container: name,
    subjects: seen.endangered.map((one) => `${one.kind} "${one.name}" (pid ${one.pid})`),
    mechanism: mechanism === undefined ? 'unknown' : MECHANISMS[mechanism].how,
  })
}

function isHypervisor(name: string, plan: Plan): boolean {
  return stopped(plan).some((old) => old.containerName === name && old.name === plan.hypervisor)
}
