import { raiseSystemd } from '../../adapters/systemd/index.ts'
import { sha256 } from '../../adapters/system/index.ts'
import { canonicalJson } from '../../core/index.ts'
import { LABELS, adoptedDigest, unitGraceMs, workloadOfContainer } from '../../node/index.ts'
import type {
  Container,
  DeployedService,
  Deployment,
  LibvirtPlace,
  Release,
  ServiceUnit,
  Supervisor,
} from '../../node/index.ts'
import type { NodeWorld } from '../../ports/index.ts'
import { readOwners } from '../../runtime/node/index.ts'
import { raise } from '../errors.ts'

/** A container that Anneal did not create, and the service that takes over from it. `container` is a name or an id. */
export type Adopted = Readonly<{ service: string; container: string }>

/** Grace for containers whose own Anneal does not know: neither they nor their unit say it. */
const ADOPTED_GRACE_MS = 30_000

/**
 * Containers of an earlier tool, as the release that runs now. They are stopped, kept for the way back, and never changed
 * otherwise. undefined where none is named. Throws ADOPTED_MISSING.
 */
export async function adoptDeployment(
  world: NodeWorld,
  release: Release,
  adopted: readonly Adopted[],
): Promise<Deployment | undefined> {
  if (adopted.length === 0) return undefined
  const containers: Container[] = []
  const services = new Map<string, string>()
  for (const { service, container: name } of adopted) {
    const container = await world.engine.inspectContainer(name)
    if (container === undefined) {
      throw raise('ADOPTED_MISSING', { container: name, service, engine: world.engine.kind })
    }
    if (container.hostUnit?.obstacle !== undefined) {
      const { unit, obstacle } = container.hostUnit
      throw raiseSystemd('HOST_DAEMON_REFUSED', { unit, why: obstacle })
    }
    if (container.hostUnit?.rival !== undefined) {
      const { unit, rival } = container.hostUnit
      throw raiseSystemd('HOST_LIBVIRT_MIXED', { unit, rival })
    }
    containers.push(container)
    services.set(container.id, service)
  }
  const units = await world.units.services()
  const supervisors = await supervisorsOf(world, containers, units)
  const order = release.services.map((service) => service.name)
  const deployed = containers.map((container) =>
    adoptedService(services.get(container.id) ?? container.name, container, supervisors(container), units),
  )
  const sorted = deployed.toSorted((a, b) => rank(order, a.name) - rank(order, b.name))
  const id = sha256(canonicalJson(sorted.map(({ name, containerId }) => [name, containerId])))
  return { releaseId: id, project: release.project, services: sorted }
}

/**
 * Running containers that somebody else made and that are called as a service of the release, beside those that are
 * named; for libvirt, where no container is that, the host's own. Throws NOTHING_TO_ADOPT where there are none at all.
 */
export async function adoptByName(
  world: NodeWorld,
  release: Release,
  named: readonly Adopted[] = [],
): Promise<readonly Adopted[]> {
  const running = await world.engine.listContainers({ running: true })
  const taken = new Set(named.map(({ service }) => service))
  const found = release.services.flatMap(({ name: service }): Adopted[] => {
    const container = running.find(({ name, labels }) => name === service && !(LABELS.project in labels))
    return container === undefined || taken.has(service) ? [] : [{ service, container: container.name }]
  })
  const all = [...named, ...found]
  const place = release.libvirt?.service
  const daemon = running.find(({ hostUnit }) => hostUnit !== undefined)
  if (place !== undefined && daemon !== undefined && !all.some(({ service }) => service === place))
    return [...all, { service: place, container: daemon.name }]
  if (all.length > 0) return all
  throw raise('NOTHING_TO_ADOPT', { services: release.services.map(({ name }) => name) })
}

/**
 * Adopted containers have no release on file; their libvirt is where that of the release beside them is. Only its socket may
 * be another one: that of libvirtd, or of virtqemud.
 */
export async function adoptedPlace(
  world: NodeWorld,
  adopted: Deployment | undefined,
  place: LibvirtPlace | undefined,
): Promise<LibvirtPlace | undefined> {
  const service = adopted?.services.find(({ name }) => name === place?.service)
  if (place === undefined || service === undefined) return undefined
  const container = await world.engine.inspectContainer(service.containerName)
  const directory = place.socket.replace(/\/(libvirt|virtqemud)-sock$/, '')
  if (container === undefined || directory === place.socket) return place
  return { ...place, socket: `${directory}/${workloadOfContainer(container).libvirtSocket}` }
}

/** The units that keep each container running and that can be kept from it. What else acts on it, the check refuses. */
async function supervisorsOf(
  world: NodeWorld,
  containers: readonly Container[],
  units: readonly ServiceUnit[],
): Promise<(container: Container) => readonly Supervisor[]> {
  const { owners } = await readOwners(world, containers, { units })
  return ({ name }) =>
    owners.flatMap(({ container, disarming }) =>
      container === name && disarming?.possible === true ? [disarming.supervisor] : [],
    )
}

function adoptedService(
  name: string,
  container: Container,
  supervisors: readonly Supervisor[],
  units: readonly ServiceUnit[],
): DeployedService {
  return {
    name,
    digest: adoptedDigest(container.id),
    image: container.imageId,
    containerId: container.id,
    containerName: container.name,
    stopGraceMs: unitGraceMs(units, container) ?? ADOPTED_GRACE_MS,
    restart: container.restartPolicy,
    ...(supervisors.length === 0 ? {} : { supervisors }),
  }
}

/** Services that the new release does not have stop first: they come last in start order. */
function rank(order: readonly string[], service: string): number {
  const index = order.indexOf(service)
  return index === -1 ? order.length : index
}
