import { dropCapabilityFlags, started, stopped } from '../node/index.ts'
import type { LibvirtPlace, Plan, Reading, Run } from '../node/index.ts'
import type { NodeWorld } from '../ports/index.ts'
import type { Sides } from './side.ts'

/**
 * Between the stop of one libvirt and the start of the other: makes the status files of running guests readable for
 * the one that starts. A libvirt that meets a capability flag it does not know drops the whole guest from sight
 * (qemu_domain.c, virdomainobjlist.c), so exactly those flags are taken out. What it knows was asked in the check, so
 * that nothing has to be asked during the outage. Does nothing while a libvirt runs.
 */
export async function handOver(world: NodeWorld, run: Run, sides: Sides, to: 'new' | 'old'): Promise<void> {
  const place = to === 'new' ? sides.next.libvirt : sides.old.libvirt
  const admissibility = run.check?.admissibility
  if (place === undefined || admissibility === undefined) return
  const reading = to === 'new' ? admissibility.forward : admissibility.back
  if (await someLibvirtRuns(world, run.plan, sides)) return
  const files = world.guestFiles(place)
  for (const file of await files.statusFiles()) {
    const unknown = await unknownFlags(world, run.plan, place, to, reading, file.capabilityFlags)
    if (unknown.length === 0) continue
    await world.state.saveFile(`status-${file.name}.xml`, file.xml)
    await files.writeStatusFile(file.name, dropCapabilityFlags(file.xml, unknown))
  }
}

/** A flag that nobody foresaw (a guest started in between by a still newer libvirt) is asked about now. */
async function unknownFlags(
  world: NodeWorld,
  plan: Plan,
  place: LibvirtPlace,
  to: 'new' | 'old',
  reading: Reading,
  flags: readonly string[],
): Promise<readonly string[]> {
  const foreseen = flags.filter((flag) => reading.unknownFlags.includes(flag))
  const unforeseen = flags.filter((flag) => !reading.askedFlags.includes(flag))
  const reader = readerContainer(plan, place, to)
  if (unforeseen.length === 0 || reader === undefined) return foreseen
  const container = await world.engine.inspectContainer(reader)
  if (container === undefined) return foreseen
  const asked = await world.images.readGuests(container.imageId, { statusFiles: [], flags: unforeseen })
  return [...foreseen, ...(asked?.unknownFlags ?? [])]
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
