import {
  fileFindings,
  filesMountedInside,
  RECORDS,
  recordFindings,
  sharedFiles,
  strandedFiles,
  writtenAt,
} from '../../../node/index.ts'
import type { Container, FilePlace, Finding, LibvirtPlace, Service } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { definitionsOf } from '../containers/definitions-of.ts'
import type { Survey } from '../survey/survey.ts'
import { sizes } from './sizes.ts'

/** Which files of guests, running or defined, and which records of libvirt the next one will not have. */
export async function checkFiles(
  world: NodeWorld,
  {
    seen,
    place,
    old,
    next,
    imageId,
  }: Readonly<{
    seen: Survey
    place: LibvirtPlace
    old: Container
    next: Service
    /** undefined before the pull. */
    imageId: string | undefined
  }>,
): Promise<readonly Finding[]> {
  const files = world.guestFiles(place)
  const guests = [...seen.statusFiles, ...(await definitionsOf(files, old))]
  const byName = Map.groupBy(guests, ({ name }) => name)
  const named = [...byName].map(([name, same]) => ({
    name,
    files: [...new Set(same.flatMap((one) => one.files))],
  }))
  const stranded = strandedFiles(old, next, named)
  const shared = sharedFiles(old, named, stranded)
  const lookedAt = stranded.map(({ lookAt }) => lookAt)
  const there = new Set(Object.keys(await sizes(world, lookedAt)))
  const places: Record<string, FilePlace> = {}
  for (const path of shared.flatMap(({ seenAt, hostPath }) => [seenAt, hostPath])) {
    const filePlace = await world.disk.placeOf(path)
    if (filePlace !== undefined) places[path] = filePlace
  }
  const records: { path: string; names: readonly string[] }[] = []
  for (const path of Object.keys(RECORDS)) {
    const directory = writtenAt(old, path)
    const names = directory === undefined ? [] : await files.recordsIn(directory)
    records.push({ path, names })
  }
  return [
    ...fileFindings(old, next, stranded, there),
    ...filesMountedInside(old, shared, places),
    ...recordFindings(old, next, records, seen.statusFiles, await broughtBy(world, imageId, seen)),
  ]
}

/** The filters that the next image has. It is not asked where no guest has one. */
async function broughtBy(
  world: NodeWorld,
  imageId: string | undefined,
  { statusFiles }: Survey,
): Promise<readonly string[]> {
  if (imageId === undefined || statusFiles.every(({ xml }) => !xml.includes('<filterref'))) return []
  return (await world.images.networkFilters(imageId)) ?? []
}
