import { LABELS, findKillSet, hostPathOf, writtenAt } from '../../../node/index.ts'
import type { Container } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { definitionsOf } from './definitions-of.ts'

/**
 * Removes the project's stopped containers that neither the current nor the previous release refers to. A guest runs
 * on from the layers of the container that started it: that one is leased until the guest ends. So is one whose cgroup
 * still holds a process that its removal would kill, and one that holds the only copy of a guest's file. Gives the names of those removed.
 */
export async function pruneContainers(world: NodeWorld, project: string): Promise<readonly string[]> {
  const unreferenced = await findUnreferenced(world, project)
  for (const { id, status } of unreferenced)
    await world.engine.removeContainer(id, { force: status === 'dead' })
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
  const removable = containers.filter((container) => {
    const idle =
      container.status === 'exited' || container.status === 'created' || container.status === 'dead'
    const free = container.rootUpperDir === undefined || !leased.has(container.rootUpperDir)
    if (!idle || !free || kept.has(container.name)) return false
    return findKillSet(container, table, engine, 'remove').doomed.length === 0
  })
  const holding = await Promise.all(removable.map((container) => holdsGuestFile(world, container)))
  return removable.filter((_, index) => holding[index] === false)
}

/** Whether a file that a guest of libvirt needs would be deleted with the container. A container of which that cannot be read counts as one that does. */
export async function holdsGuestFile(world: NodeWorld, container: Container): Promise<boolean> {
  const { mounts, rootUpperDir } = container
  // Where no other container has it, no guest is left.
  const isShared = hostPathOf(mounts, '/run/libvirt') !== undefined
  const stateDir = isShared ? writtenAt(container, '/run/libvirt') : undefined
  if (stateDir === undefined) return false
  const files = world.guestFiles({ stateDir })
  try {
    const guests = [...(await files.statusFiles()), ...(await definitionsOf(files, container))]
    for (const path of new Set(guests.flatMap((guest) => guest.files))) {
      const host = hostPathOf(mounts, path)
      if (host !== undefined && ANONYMOUS.test(host)) return true
      const own = host === undefined && rootUpperDir !== undefined ? `${rootUpperDir}${path}` : undefined
      if (own !== undefined && (await world.disk.sizeBytes(own)) !== undefined) return true
    }
    return false
  } catch {
    return true
  }
}

/** The engine makes such names, and removes the volume with its container. */
const ANONYMOUS = /^volume:[0-9a-f]{64}(\/|$)/
