import type { Endangered } from '../../node/index.ts'
import type { NodeWorld, RescueReport } from '../../ports/index.ts'
import { rescueEndangered, survey } from '../../runtime/node/index.ts'
import { containersQuestion } from './containers-question.ts'
import { withNode } from './with-node.ts'
import type { RunControl } from './with-node.ts'

export type Rescued = Readonly<{
  reports: readonly RescueReport[]
  /** Who would still die. A helper that is the first process of its container is where it belongs, and is left out. */
  endangered: readonly Endangered[]
}>

/** Who would die if these containers stopped now; without names, all containers. Changes nothing. */
export async function findEndangered(
  world: NodeWorld,
  containers: readonly string[],
): Promise<readonly Endangered[]> {
  return (await survey(world, await containersQuestion(world, containers, 'stop'))).endangered
}

/**
 * Moves guests and helpers that would die with these containers out of them; without names, all containers. Takes the
 * node's lock and brings an earlier run to rest first. Throws CONTAINER_UNKNOWN, NODE_LOCKED.
 */
export async function rescueNode(
  world: NodeWorld,
  containers: readonly string[],
  control: RunControl = {},
): Promise<Rescued> {
  const question = await containersQuestion(world, containers, 'stop')
  return withNode(world, 'rescue', control, async () => {
    const reports = await rescueEndangered(world, question)
    const { endangered } = await survey(world, question)
    return { reports, endangered: endangered.filter((one) => !one.mechanisms.includes('mainProcess')) }
  })
}
