import { isAnnealError } from '../../core/index.ts'
import type { AnnealError } from '../../core/index.ts'
import type { Stretch } from '../../metal/index.ts'
import type { MetalWorld } from '../../ports/index.ts'
import { bringTo, previewBring, readNode } from '../../runtime/metal/index.ts'
import type { BringPreview, Brought } from '../../runtime/metal/index.ts'
import { POLL_MS } from './poll.ts'

export type BringControl = Readonly<{
  /** The longest wait for each machine. */
  timeoutMs: number
  signal: AbortSignal
  /** What no disk that is wiped may hold: `label=data`. Of Anneal’s own conductor alone. */
  keeps?: readonly string[]
  /** A machine is in another state than before. `node` is the name that was asked for. */
  onStretch?: (node: string, stretch: Omit<Stretch, 'seconds'>) => void
  /** A machine did not get there. The others go on. */
  onFailed?: (error: AnnealError) => void
}>

export type BroughtNodes = Readonly<{ reached: readonly Brought[]; failures: readonly AnnealError[] }>

/** Makes enrolled machines available, side by side. What is deployed is never taken away by this. */
export function provideNodes(
  world: MetalWorld,
  names: readonly string[],
  control: BringControl,
): Promise<BroughtNodes> {
  return bringNodes(world, names, 'provide', 'available', control)
}

/** Takes away what is deployed on machines, side by side. */
export function undeployNodes(
  world: MetalWorld,
  names: readonly string[],
  control: BringControl,
): Promise<BroughtNodes> {
  return bringNodes(world, names, 'undeploy', 'undeployed', control)
}

/** What `provideNodes` or `undeployNodes` would do. Changes nothing. */
export async function previewNodes(
  world: MetalWorld,
  names: readonly string[],
  verb: 'provide' | 'undeploy',
): Promise<Readonly<{ nodes: readonly BringPreview[]; failures: readonly AnnealError[] }>> {
  const nodes: BringPreview[] = []
  const failures: AnnealError[] = []
  for (const name of names) {
    const goal = verb === 'provide' ? 'available' : 'undeployed'
    try {
      nodes.push(await previewBring(world, name, goal, `${verb} node "${name}"`))
    } catch (error) {
      if (!isAnnealError(error)) throw error
      failures.push(error)
    }
  }
  return { nodes, failures }
}

async function bringNodes(
  world: MetalWorld,
  names: readonly string[],
  verb: string,
  goal: 'available' | 'undeployed',
  { timeoutMs, signal, keeps = [], onStretch, onFailed }: BringControl,
): Promise<BroughtNodes> {
  const outcomes = await Promise.all(
    names.map(async (name) => {
      const action = `${verb} node "${name}"`
      try {
        const node = await readNode(world, name, action)
        return await bringTo(world, node.uuid, goal, {
          action,
          pollMs: POLL_MS,
          timeoutMs,
          signal,
          keeps,
          onStretch: (one) => onStretch?.(name, one),
        })
      } catch (error) {
        if (!isAnnealError(error)) throw error
        onFailed?.(error)
        return error
      }
    }),
  )
  return {
    reached: outcomes.filter((one): one is Brought => !isAnnealError(one)),
    failures: outcomes.filter((one): one is AnnealError => isAnnealError(one)),
  }
}
