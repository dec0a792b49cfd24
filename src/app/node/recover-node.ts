import type { NodeWorld } from '../../ports/index.ts'
import { recoverNode as settle } from '../../runtime/index.ts'
import type { Recovery, RunOptions } from '../../runtime/index.ts'
import { withLock } from './with-node.ts'

/**
 * Brings an interrupted run to rest and starts what the current release misses. Takes the node's lock; the second call
 * does nothing. Throws NODE_LOCKED.
 */
export function recoverNode(world: NodeWorld, options: RunOptions = {}): Promise<Recovery> {
  return withLock(world, 'recover', () => settle(world, options))
}
