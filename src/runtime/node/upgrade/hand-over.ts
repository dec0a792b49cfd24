import { samePlugged, started, stopped, translateStatus } from '../../../node/index.ts'
import type { LibvirtPlace, Plan, Reading, Run } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import type { Sides } from './side.ts'

/** Name of the file that holds the guests' status files as the old libvirt left them. */
const BEFORE = 'status-before.json'

type Before = Readonly<{
  plan: string
  files: Readonly<Record<string, Readonly<{ pid: number; xml: string }>>>
}>

/** Keeps what the old libvirt wrote, before it stops (it writes nothing when it stops): for the way back. */
export async function keepStatusFiles(world: NodeWorld, plan: Plan, place: LibvirtPlace): Promise<void> {
  const files: Record<string, { pid: number; xml: string }> = {}
  for (const { name, pid, xml } of await world.guestFiles(place).statusFiles()) {
    if (pid !== undefined) files[name] = { pid, xml }
  }
  const before: Before = { plan: plan.id, files }
  await world.state.saveFile(BEFORE, JSON.stringify(before))
}

/**
 * Between the stop of one libvirt and the start of the other: makes the status files of running guests readable for
 * the one that starts. A libvirt that meets a flag or an element it does not know drops the whole guest from sight
 * (qemu_domain.c, virdomainobjlist.c). On the way back that is what the old libvirt itself wrote, where nothing was
 * plugged since; else exactly what the reader does not know is taken out. What it knows was asked in the check, so that
 * nothing has to be asked during the outage. Does nothing while a libvirt runs.
 */
export async function handOver(world: NodeWorld, run: Run, sides: Sides, to: 'new' | 'old'): Promise<void> {
  const place = to === 'new' ? sides.next.libvirt : sides.old.libvirt
  const admissibility = run.check?.admissibility
  if (place === undefined || admissibility === undefined) return
  if (await someLibvirtRuns(world, run.plan, sides)) return
  const reading = to === 'new' ? admissibility.forward : admissibility.back
  const before = to === 'old' ? await readBefore(world, run.plan) : {}
  const files = world.guestFiles(place)
  for (const file of await files.statusFiles()) {
    const kept = before[file.name]
    const xml =
      kept !== undefined && kept.pid === file.pid && samePlugged(kept.xml, file.xml)
        ? kept.xml
        : translateStatus(file.xml, {
            flags: await unknownFlags(world, run.plan, place, to, reading, file.capabilityFlags),
            elements: reading.elements,
          })
    if (xml !== file.xml) await files.writeStatusFile(file.name, xml)
  }
}

async function readBefore(world: NodeWorld, plan: Plan): Promise<Before['files']> {
  const text = await world.state.readFile(BEFORE)
  if (text === undefined) return {}
  const before = JSON.parse(text) as Before
  return before.plan === plan.id ? before.files : {}
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
