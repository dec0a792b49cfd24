import { MECHANISMS, findKillSet } from '../../../node/index.ts'
import type { Container } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import { rescueEndangered } from '../rescue/rescue-endangered.ts'
import { knownOf } from '../upgrade/side.ts'
import type { Side } from '../upgrade/side.ts'
import { survey } from '../survey/survey.ts'
import type { SurveyQuestion } from '../survey/survey.ts'

/**
 * Starts a service's container. Its host directories are made again where they are missing: those below /run are gone
 * after a reboot, and no engine starts a container whose bind source is not there.
 */
export async function startContainer(
  world: NodeWorld,
  side: Side,
  service: string,
  containerId: string,
): Promise<void> {
  const known = side.release?.services.find((candidate) => candidate.name === service)
  for (const mount of known?.container.mounts ?? []) {
    if (mount.type === 'bind' && mount.createHostPath === true) await world.disk.makeDirectory(mount.source)
  }
  await clearLeftBehind(world, containerId, knownOf(side))
  await world.engine.startContainer(containerId)
}

/**
 * Before a container that has stopped is started again or removed: whoever its cgroup still holds would be killed by
 * that. Guests and helpers are moved out first; throws GUESTS_LEFT_BEHIND where one stays.
 */
export async function clearLeftBehind(
  world: NodeWorld,
  idOrName: string,
  known: Pick<SurveyQuestion, 'places' | 'helpers'>,
): Promise<void> {
  const container = await world.engine.inspectContainer(idOrName)
  if (container === undefined || !(await holdsSomebody(world, container))) return
  const question = { ...known, stopping: [container.id], cause: 'remove' } as const
  await rescueEndangered(world, question)
  const { endangered } = await survey(world, question)
  if (endangered.length === 0) return
  throw raise('GUESTS_LEFT_BEHIND', {
    container: container.name,
    subjects: endangered.map((one) => `${one.kind} "${one.name}" (pid ${one.pid})`),
    mechanism: MECHANISMS.leftBehind.how,
  })
}

/** One reading of the processes: nearly always nobody is left, and then nothing else is asked. */
async function holdsSomebody(world: NodeWorld, container: Container): Promise<boolean> {
  // One that was never started has had no cgroup.
  if (container.pid !== 0 || container.startedAt === undefined) return false
  const [engine, table] = await Promise.all([world.engine.facts(), world.processes.table()])
  return findKillSet(container, table, engine, 'remove').doomed.length > 0
}
