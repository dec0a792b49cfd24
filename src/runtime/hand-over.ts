import { dropCapabilityFlags, started, stopped } from '../node/index.ts'
import type { LibvirtPlace, Plan } from '../node/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import type { Sides } from './side.ts'

/**
 * Between the stop of one libvirt and the start of the other: makes the status files of running guests readable for
 * the one that starts. A libvirt that meets a capability flag it does not know drops the whole guest from sight
 * (qemu_domain.c, virdomainobjlist.c), so exactly those flags are taken out. Does nothing while a libvirt runs.
 */
export async function handOver(world: NodeWorld, plan: Plan, sides: Sides, to: 'new' | 'old'): Promise<void> {
  const place = to === 'new' ? sides.next.libvirt : sides.old.libvirt
  if (place === undefined) return
  const reader = readerContainer(plan, place, to)
  if (reader === undefined || (await someLibvirtRuns(world, plan, sides))) return
  const container = await world.engine.inspectContainer(reader)
  if (container === undefined) return
  const facts = await world.images.libvirtFacts(container.imageId)
  if (facts === undefined) return
  const known = new Set(facts.knownFlags)
  const files = world.guestFiles(place)
  for (const file of await files.statusFiles()) {
    const unknown = file.capabilityFlags.filter((flag) => !known.has(flag))
    if (unknown.length === 0) continue
    await world.state.saveFile(`status-${file.name}.xml`, file.xml)
    await files.writeStatusFile(file.name, dropCapabilityFlags(file.xml, unknown))
  }
}

/** The container of the libvirt that starts next; undefined where that service is not replaced. */
function readerContainer(plan: Plan, place: LibvirtPlace, to: 'new' | 'old'): string | undefined {
  return to === 'new'
    ? started(plan).find((candidate) => candidate.service === place.service)?.newName
    : stopped(plan).find((candidate) => candidate.name === place.service)?.containerName
}

async function someLibvirtRuns(world: NodeWorld, plan: Plan, sides: Sides): Promise<boolean> {
  const services = [sides.old.libvirt?.service, sides.next.libvirt?.service]
  const names = [
    ...stopped(plan)
      .filter((old) => services.includes(old.name))
      .map((old) => old.containerName),
    ...started(plan)
      .filter((next) => services.includes(next.service))
      .map((next) => next.newName),
  ]
  for (const name of names) {
    if ((await world.engine.inspectContainer(name))?.status === 'running') return true
  }
  return false
}
