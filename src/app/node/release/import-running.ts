import { importDraft } from '../../../adapters/compose/index.ts'
import type { ImportResult } from '../../../adapters/compose/index.ts'
import {
  LABELS,
  draftOfContainers,
  startsAtBoot,
  unitGraceMs,
  unitOfContainer,
  workloadOfContainer,
} from '../../../node/index.ts'
import type { Container, RunningService } from '../../../node/index.ts'
import type { NodeEngine, StateStore, UnitReader } from '../../../ports/index.ts'
import { loadSide } from '../../../runtime/node/index.ts'
import { raise } from '../../errors.ts'
import type { ImportOptions } from './import-release.ts'

const PROJECT = 'compute'

/** What is asked of a node. */
type RunningNode = Readonly<{
  engine: Pick<NodeEngine, 'kind' | 'listContainers' | 'describeContainer'>
  state: StateStore
  units: Pick<UnitReader, 'services'>
}>

/**
 * Writes the release of containers that run: those that are named, else all that do a compute node's work. Containers that
 * Anneal made of one release give that release. Changes nothing. Throws CONTAINER_NOT_RUNNING and NOTHING_TO_IMPORT.
 */
export async function importRunning(
  world: RunningNode,
  names: readonly string[],
  options: ImportOptions,
): Promise<ImportResult> {
  const listed = await world.engine.listContainers({ running: true })
  const running = listed.filter((one) => one.hostUnit === undefined)
  const chosen =
    names.length === 0 ? running.filter((one) => isOfNode(one)) : names.map(named(running, world))
  if (chosen.length === 0) throw raise('NOTHING_TO_IMPORT', { engine: world.engine.kind })
  const own = await releaseOf(world, chosen)
  if (own !== undefined) return importDraft(own, { findings: [] }, { ...options, project: own.project })
  const units = await world.units.services()
  const services: RunningService[] = []
  for (const container of chosen) {
    const spec = await world.engine.describeContainer(container.id)
    if (spec === undefined) continue
    const unit = unitOfContainer(units, container)
    const stopGraceMs = spec.stopGraceMs ?? unitGraceMs(units, container)
    services.push({
      container,
      spec: { ...spec, ...(stopGraceMs === undefined ? {} : { stopGraceMs }) },
      ...(unit !== undefined && (unit.restart !== 'no' || startsAtBoot(unit))
        ? { restartedBy: unit.name }
        : {}),
    })
  }
  const project = options.project ?? PROJECT
  const { draft, findings } = draftOfContainers(project, services)
  return importDraft(draft, { findings }, { ...options, project })
}

function isOfNode(container: Container): boolean {
  return container.labels[LABELS.runOnce] === undefined && workloadOfContainer(container).role !== 'other'
}

function named(running: readonly Container[], { engine }: RunningNode) {
  return (name: string): Container => {
    const found = running.find((one) => one.name === name || one.id.startsWith(name))
    if (found !== undefined) return found
    throw raise('CONTAINER_NOT_RUNNING', {
      name,
      engine: engine.kind,
      running: running.map((one) => one.name),
    })
  }
}

/** The release on file that all of them are of, where it has no other service. */
async function releaseOf(
  world: RunningNode,
  containers: readonly Container[],
): Promise<Awaited<ReturnType<typeof loadSide>>['release']> {
  const ids = new Set(containers.map(({ labels }) => labels[LABELS.release]))
  const [id] = ids
  if (ids.size !== 1 || id === undefined) return undefined
  const { release } = await loadSide(world.state, id)
  const services = new Set(containers.map(({ labels }) => labels[LABELS.service]))
  return release?.services.every(({ name }) => services.has(name)) === true ? release : undefined
}
