import type { NodeWorld } from '../../ports/index.ts'
import { previewRecovery, recoverNode as settle } from '../../runtime/node/index.ts'
import type { Recovery, RecoveryPreview, RunOptions } from '../../runtime/node/index.ts'
import { withLock } from './with-node.ts'

/**
 * Brings an interrupted run to rest and starts what the current release misses. Takes the node's lock; the second call
 * does nothing. Throws NODE_LOCKED.
 */
export function recoverNode(world: NodeWorld, options: RunOptions = {}): Promise<Recovery> {
  return withLock(world, 'recover', () => settle(world, options))
}

/** What `recoverNode` would do now. Changes nothing, and takes no lock. */
export function previewRecover(world: NodeWorld): Promise<RecoveryPreview> {
  return previewRecovery(world)
}
