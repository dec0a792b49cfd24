import {
  findEndangered,
  findKillSets,
  findUnregistered,
  hasIdentity,
  parseQemuCommandLine,
  takeCensus,
  disarmedUnit,
  unitsThatEnd,
} from '../../../node/index.ts'
import type {
  Census,
  CloserLook,
  Container,
  DeclaredHelper,
  Endangered,
  EngineFacts,
  KillSet,
  LibvirtPlace,
  ProcessId,
  ProcessTable,
  ServiceUnit,
  StatusFile,
  StopCause,
} from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { assertSeen } from './seen-processes.ts'

/** One look at the node: who is there, and who would die if the named containers stopped now. */
export type Survey = Readonly<{
  table: ProcessTable
  engine: EngineFacts
  containers: readonly Container[]
  statusFiles: readonly StatusFile[]
  /** At those whom a stop would end, or libvirt's files name, without their command line saying that they are guests. */
  looks: readonly CloserLook[]
  census: Census
  killSets: readonly KillSet[]
  /** Of the host; absent where nothing stops, and nobody asked. */
  units?: readonly ServiceUnit[]
  /** Cgroups of units that would end with a container that stops. */
  unitGroups: readonly string[]
  endangered: readonly Endangered[]
}>

export type SurveyQuestion = Readonly<{
  /** Names or ids of the containers that would stop. */
  stopping: readonly string[]
  cause: StopCause
  /** Where libvirt keeps its status files; several, where two sides differ. */
  places: readonly LibvirtPlace[]
  helpers: readonly DeclaredHelper[]
  /** Units that are kept from acting before anything stops, and then leave alone who is in their cgroups. */
  disarming?: readonly string[]
  /** Containers of services that may take guests with them, by their release's own word. */
  expendable?: readonly string[]
  /** Containers that no upgrade would stop: who in them is unknown is no disagreement. */
  beside?: readonly string[]
  /** The libvirt that will re-attach the guests afterwards, where one is to. */
  reattaching?: Readonly<{ container: string; mounts: Container['mounts'] }> | undefined
}>

/**
 * Takes the process table last, so that nothing it misses was there when the containers were listed. Throws
 * PROCESSES_HIDDEN.
 */
export async function survey(world: NodeWorld, question: SurveyQuestion): Promise<Survey> {
  const [engine, containers, statusFiles, [asked]] = await Promise.all([
    world.engine.facts(),
    world.engine.listContainers({}),
    readStatusFiles(world, question.places),
    Promise.allSettled(question.stopping.length === 0 ? [] : [world.units.services()]),
  ])
  const table = await world.processes.table()
  await assertSeen(world, containers, table)
  // Who sees no processes does not reach systemd either, and is told of the processes.
  if (asked?.status === 'rejected') throw asked.reason
  const units = asked?.value
  const stopping = containers.filter(
    (container) => question.stopping.includes(container.name) || question.stopping.includes(container.id),
  )
  const { cause, disarming = [] } = question
  const acting = (units ?? []).map((unit) => (disarming.includes(unit.name) ? disarmedUnit(unit) : unit))
  const killSets = findKillSets(stopping, containers, table, engine, cause, acting)
  const ending = stopping.flatMap((one) => unitsThatEnd(one, table, engine, cause, acting))
  const [looks, machineLeaders] = await Promise.all([
    world.processes.look(unknownAmong(killSets, statusFiles, table)),
    world.processes.machineLeaders(),
  ])
  const census = takeCensus({
    table,
    statusFiles,
    containers,
    looks,
    machineLeaders,
    declared: question.helpers,
  })
  const counting = killSets.filter((killSet) => question.expendable?.includes(killSet.containerName) !== true)
  return {
    table,
    engine,
    containers,
    statusFiles,
    looks,
    census,
    killSets,
    ...(units && { units }),
    unitGroups: ending.flatMap(({ unit }) => (unit.disarmed === true ? [] : (unit.controlGroup ?? []))),
    endangered: [...findEndangered(census, counting), ...(await unregistered(world, census, question))],
  }
}

/** Whom a stop would end, or libvirt's files name, without their command line saying that they are guests. */
function unknownAmong(
  killSets: readonly KillSet[],
  statusFiles: readonly StatusFile[],
  table: ProcessTable,
): readonly ProcessId[] {
  const named = new Set([
    ...killSets.flatMap(({ doomed }) => doomed.map(({ pid }) => pid)),
    ...statusFiles.map(({ pid }) => pid),
  ])
  return table.processes.filter(({ pid, argv }) => named.has(pid) && !hasIdentity(parseQemuCommandLine(argv)))
}

async function unregistered(
  world: NodeWorld,
  census: Census,
  question: SurveyQuestion,
): Promise<readonly Endangered[]> {
  if (question.reattaching === undefined || census.guests.length === 0) return []
  return findUnregistered(census, question.reattaching, await world.host.facts())
}

async function readStatusFiles(
  world: NodeWorld,
  places: readonly LibvirtPlace[],
): Promise<readonly StatusFile[]> {
  const byPath = new Map<string, StatusFile>()
  for (const place of places) {
    for (const file of await world.guestFiles(place).statusFiles()) byPath.set(file.path, file)
  }
  return [...byPath.values()]
}
