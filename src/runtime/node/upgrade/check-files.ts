import { fileFindings, strandedFiles } from '../../../node/index.ts'
import type { Container, Finding, LibvirtPlace, Service } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'
import { definitionsOf } from '../containers/definitions-of.ts'
import type { Survey } from '../survey/survey.ts'
import { sizes } from './sizes.ts'

/** Which guests, running or defined, have files that the next libvirt will not have. */
export async function checkFiles(
  world: NodeWorld,
  { seen, place, old, next }: Readonly<{ seen: Survey; place: LibvirtPlace; old: Container; next: Service }>,
): Promise<readonly Finding[]> {
  const guests = [...seen.statusFiles, ...(await definitionsOf(world, place, old))]
  const byName = Map.groupBy(guests, ({ name }) => name)
  const stranded = strandedFiles(
    old,
    next,
    [...byName].map(([name, same]) => ({ name, files: [...new Set(same.flatMap(({ files }) => files))] })),
  )
  const present = await sizes(
    world,
    stranded.map(({ lookAt }) => lookAt),
  )
  return fileFindings(old, next, stranded, new Set(Object.keys(present)))
}
