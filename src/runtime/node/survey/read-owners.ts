import { findOwners, findPruners } from '../../../node/index.ts'
import type { Container, EngineFacts, Owner, ProcessTable, ServiceUnit } from '../../../node/index.ts'
import type { NodeWorld } from '../../../ports/index.ts'

/** Who else acts on containers, and who removes stopped ones (`pruners`: name of the unit or job, and what it calls). */
export type Owners = Readonly<{ owners: readonly Owner[]; pruners: ReturnType<typeof findPruners> }>

/**
 * Reads who else acts on these containers: units, jobs of cron, processes, orchestrators, and programs in other containers
 * of `all`. What was read of the node already is taken from `seen`.
 */
export async function readOwners(
  world: NodeWorld,
  containers: readonly Container[],
  seen: Readonly<{
    engine?: EngineFacts
    table?: ProcessTable
    units?: readonly ServiceUnit[]
    all?: readonly Container[]
  }> = {},
): Promise<Owners> {
  const [units, jobs] = await Promise.all([seen.units ?? world.units.services(), world.jobs.jobs()])
  const engine = seen.engine ?? (await world.engine.facts())
  const table = seen.table ?? (await world.processes.table())
  return {
    owners: findOwners({ engine, containers, units, jobs, table }, seen.all ?? containers),
    pruners: findPruners({ units, jobs, table }),
  }
}
