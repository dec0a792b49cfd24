import { LABELS, findKillSet } from '../../../node/index.ts'
import type { Container } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

/**
 * Removes the project's stopped containers that neither the current nor the previous release refers to. A guest runs
 * on from the layers of the container that started it: that one is leased until the guest ends. So is one whose cgroup
 * still holds a process that its removal would kill. Gives the names of those removed.
 */
export async function pruneContainers(world: NodeWorld, project: string): Promise<readonly string[]> {
  const unreferenced = await findUnreferenced(world, project)
  for (const { id } of unreferenced) await world.engine.removeContainer(id, { force: false })
  return unreferenced.map(({ name }) => name)
}

/** What `pruneContainers` would remove. */
export async function findUnreferenced(world: NodeWorld, project: string): Promise<readonly Container[]> {
  const { current, previous } = await world.state.readDeployments()
  const kept = new Set(
    [...(current?.services ?? []), ...(previous?.services ?? [])].map((service) => service.containerName),
  )
  const [engine, containers, table] = await Promise.all([
    world.engine.facts(),
    world.engine.listContainers({ labels: { [LABELS.project]: project } }),
    world.processes.table(),
  ])
  const leased = new Set(
    table.processes.map((process) => process.rootUpperDir).filter((dir) => dir !== undefined),
  )
  return containers.filter((container) => {
    const idle =
      container.status === 'exited' || container.status === 'created' || container.status === 'dead'
    const free = container.rootUpperDir === undefined || !leased.has(container.rootUpperDir)
    if (!idle || !free || kept.has(container.name)) return false
    return findKillSet(container, table, engine, 'remove').doomed.length === 0
  })
}
