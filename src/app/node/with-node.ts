import type { NodeWorld } from '../../ports/index.ts'
import { recoverNode } from '../../runtime/node/index.ts'
import type { RunOptions, RunReport } from '../../runtime/node/index.ts'

/** How a use case is told to stop, and what it tells while it works. All callbacks return at once. */
export type RunControl = RunOptions &
  Readonly<{
    /** A run that an earlier process left was brought to rest first. */
    onRecovered?: (report: RunReport) => void
  }>

/**
 * Takes the node's lock, brings an interrupted run to rest first, then does `work`. `action` names the holder of the lock.
 * Throws NODE_LOCKED.
 */
export async function withNode<T>(
  world: NodeWorld,
  action: string,
  control: RunControl,
  work: () => Promise<T>,
): Promise<T> {
  const since = new Date(world.clock.now()).toISOString()
  const lock = await world.state.lock(`${action}, pid ${process.pid}, since ${since}`)
  try {
    const { report } = await recoverNode(world, control)
    if (report !== undefined) control.onRecovered?.(report)
    return await work()
  } finally {
    await lock.release()
  }
}

/** Takes the node's lock for `work`, and does nothing before it. Throws NODE_LOCKED. */
export async function withLock<T>(world: NodeWorld, action: string, work: () => Promise<T>): Promise<T> {
  const lock = await world.state.lock(`${action}, pid ${process.pid}`)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}
