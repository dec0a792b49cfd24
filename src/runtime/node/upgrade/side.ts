import type { LibvirtPlace, Plan, Release } from '../../../node/index.ts'
import type { StateStore } from '../../../ports/index.ts'
import { raise } from '../errors.ts'
import type { SurveyQuestion } from '../survey/survey.ts'

/**
 * One side of a switch: a release, or (before the first upgrade under Anneal) containers that were adopted as they
 * were found, of which only libvirt's place is known.
 */
export type Side = Readonly<{ release: Release | undefined; libvirt: LibvirtPlace | undefined }>

export type Sides = Readonly<{ old: Side; next: Side }>

/** What a survey has to know of one side: where its libvirt is, and who its helpers are. */
export function knownOf({ release, libvirt }: Side): Pick<SurveyQuestion, 'places' | 'helpers'> {
  return {
    places: libvirt === undefined ? [] : [libvirt],
    helpers: release?.services.flatMap(({ helpers }) => helpers) ?? [],
  }
}

const NOTHING: Side = { release: undefined, libvirt: undefined }

/** Keeps what a recovery needs of both sides. Called before the plan is journalled. */
export async function saveSides(state: StateStore, run: string, sides: Sides): Promise<void> {
  await state.saveFile(`sides-${run}.json`, JSON.stringify(sides))
  if (sides.next.release !== undefined) await saveRelease(state, sides.next.release)
}

export async function loadSides(state: StateStore, run: string, plan: Plan): Promise<Sides> {
  const text = await state.readFile(`sides-${run}.json`)
  if (text === undefined) throw raise('RELEASE_UNKNOWN', { release: plan.toReleaseId })
  return JSON.parse(text) as Sides
}

async function saveRelease(state: StateStore, release: Release): Promise<void> {
  await state.saveFile(releaseFile(release.id), JSON.stringify(release))
}

/** The side that a deployed release is; adopted containers have no release on file. */
export async function loadSide(
  state: StateStore,
  releaseId: string | undefined,
  adopted?: LibvirtPlace,
): Promise<Side> {
  if (releaseId === undefined) return NOTHING
  const text = await state.readFile(releaseFile(releaseId))
  if (text === undefined) return { release: undefined, libvirt: adopted }
  const release = JSON.parse(text) as Release
  return { release, libvirt: release.libvirt }
}

function releaseFile(releaseId: string): string {
  return `release-${releaseId.replace(/^sha256:/, '')}.json`
}
