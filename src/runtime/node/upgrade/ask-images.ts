import {
  STATUS_ELEMENTS,
  judgeAdmissibility,
  started,
  stopped,
  translateStatus,
  unaskedFinding,
} from '../../../node/index.ts'
import type {
  Admissibility,
  Finding,
  LibvirtFacts,
  Plan,
  Reading,
  StatusElement,
  StatusFile,
} from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { nextImageId } from './image-id.ts'
import type { Sides } from './side.ts'
import type { Survey } from '../survey/survey.ts'

export type Asked = Readonly<{ admissibility: Admissibility | undefined; findings: readonly Finding[] }>

const NOT_ASKED: Asked = { admissibility: undefined, findings: [] }

/**
 * Whether each libvirt reads the guests of the other, by asking both images with the guests there are. Nothing is
 * asked where libvirt stays the same, or where the new image is not here yet (a plan before the fetch says so).
 */
export async function askImages(world: NodeWorld, plan: Plan, sides: Sides, seen: Survey): Promise<Asked> {
  const service = sides.next.libvirt?.service
  const action = started(plan).find((candidate) => candidate.service === service)
  const old = stopped(plan).find((candidate) => candidate.name === sides.old.libvirt?.service)
  if (action === undefined || old === undefined) return NOT_ASKED
  const oldImage = seen.containers.find((container) => container.name === old.containerName)?.imageId
  const nextImage = await nextImageId(world, action, seen)
  if (oldImage === undefined || oldImage === nextImage) return NOT_ASKED
  const unasked = (why: string): Asked => ({
    admissibility: undefined,
    findings: seen.census.guests.length === 0 ? [] : [unaskedFinding(action.service, why, plan.onFailure)],
  })
  if (nextImage === undefined) return { admissibility: undefined, findings: [notFetched(action.next.image)] }
  const [before, after] = await Promise.all([
    world.images.libvirtFacts(oldImage),
    world.images.libvirtFacts(nextImage),
  ])
  if (before === undefined) return unasked('the old image has no libvirt that could be asked')
  if (after === undefined) return unasked('the new image has no libvirt that could be asked')

  const files = seen.statusFiles.filter((file) =>
    seen.census.guests.some((guest) => guest.uuid === file.uuid),
  )
  // What the old libvirt may still write until it stops, and what the new one may write afterwards: every flag that it
  // finds in its own QEMU. Neither can write one that it does not know.
  const [forward, back] = await Promise.all([
    ask(world, after, files, before.writtenFlags),
    ask(world, before, files, after.writtenFlags),
  ])
  if (forward === undefined || back === undefined) return unasked('an image did not answer')
  const guests = files.map(({ uuid, name, machineType }) => ({ uuid, name, machineType }))
  return { admissibility: judgeAdmissibility(before, after, guests, { forward, back }), findings: [] }
}

async function ask(
  world: NodeWorld,
  reader: LibvirtFacts,
  files: readonly StatusFile[],
  added: readonly string[],
): Promise<Reading | undefined> {
  const askedFlags = [...new Set([...files.flatMap((file) => file.capabilityFlags), ...added])].toSorted()
  const flags = await world.images.readGuests(reader.imageId, { statusFiles: [], flags: askedFlags })
  if (flags === undefined) return undefined
  const { unknownFlags } = flags
  const refusedWithout = async (
    elements: readonly StatusElement[],
  ): Promise<readonly string[] | undefined> => {
    const statusFiles = files.map(({ name, xml }) => ({
      name,
      xml: translateStatus(xml, { flags: unknownFlags, elements }),
    }))
    return (await world.images.readGuests(reader.imageId, { statusFiles, flags: [] }))?.refused
  }
  const asTheyAre = await refusedWithout([])
  if (asTheyAre === undefined) return undefined
  if (asTheyAre.length === 0) return { askedFlags, unknownFlags, elements: [], refusedGuests: [] }
  const translated = await refusedWithout(STATUS_ELEMENTS)
  return translated === undefined
    ? undefined
    : { askedFlags, unknownFlags, elements: STATUS_ELEMENTS, refusedGuests: translated }
}

/** Only in a plan: a run checks after it has fetched. */
function notFetched(image: string): Finding {
  return {
    code: 'IMAGE_NOT_FETCHED',
    severity: 'info',
    subject: image,
    evidence:
      'the engine does not have it yet: Anneal checks after the pull whether its libvirt reads the guests',
    remedy:
      'pull it and plan again to know in advance; otherwise the upgrade checks it after the pull, and refuses if the answer is no',
  }
}
